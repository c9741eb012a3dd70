// A function as a parameter, without a copy of it.

#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace linger {

template <typename Signature>
class FunctionRef;

/// Refers to something that can be called; for parameters only, since it does not keep that alive.
template <typename Return, typename... Arguments>
class FunctionRef<Return(Arguments...)> {
public:
  template <typename Callable>
  // A lambda is what one passes; what refers to another function is copied, as the constraint says.
  // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload)
  FunctionRef(Callable &&callable) requires(
      !std::same_as<std::remove_cvref_t<Callable>, FunctionRef>)
      : callable_(const_cast<void *>(static_cast<const void *>(std::addressof(callable)))),
        call_([](void *of, Arguments... arguments) -> Return {
          return (*static_cast<std::remove_reference_t<Callable> *>(of))(
              std::forward<Arguments>(arguments)...);
        })
  {
  }

  Return operator()(Arguments... arguments) const
  {
    return call_(callable_, std::forward<Arguments>(arguments)...);
  }

private:
  void *callable_;
  Return (*call_)(void *, Arguments...);
};

} // namespace linger
