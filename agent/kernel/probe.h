#pragma once

#include "base/result.h"

#include <bpf/libbpf.h>
#include <cerrno>
#include <memory>
#include <utility>

namespace linger::kernel {

enum class Stage { opened, loaded, attached };

template <typename Skeleton>
struct DestroySkeleton {
  void operator()(Skeleton *skeleton) const noexcept { Skeleton::destroy(skeleton); }
};

/// Owns one BPF skeleton and lets it take its steps in one order only:
///
///   open() -> constants(), maps() for sizes -> load() -> maps() -> attach() -> destructor detaches
///
/// The stage is part of the type, so a constant set after load does not compile. `Skeleton` is the
/// struct that bpftool generates.
template <typename Skeleton, Stage stage = Stage::opened>
class Probe {
public:
  [[nodiscard]] static Result<Probe> open() requires(stage == Stage::opened)
  {
    Owner skeleton{ Skeleton::open() };
    if (!skeleton)
      return failed("open the probes", errno);
    return Probe{ std::move(skeleton) };
  }

  /// The probe's `const volatile` variables.
  [[nodiscard]] auto &constants() requires(stage == Stage::opened) { return *skeleton_->rodata; }

  /// The probe's variables as they are at the start.
  [[nodiscard]] auto &data() requires(stage == Stage::opened) { return *skeleton_->data; }

  [[nodiscard]] bpf_object &object() requires(stage == Stage::opened) { return *skeleton_->obj; }
  [[nodiscard]] const bpf_object &object() const requires(stage != Stage::opened)
  {
    return *skeleton_->obj;
  }

  [[nodiscard]] Result<Probe<Skeleton, Stage::loaded>> load() && requires(stage == Stage::opened)
  {
    if (const int err = Skeleton::load(skeleton_.get()))
      return failed("load the probes", err);
    return Probe<Skeleton, Stage::loaded>{ std::move(skeleton_) };
  }

  [[nodiscard]] const auto &maps() const { return skeleton_->maps; }
  [[nodiscard]] const auto &programs() const { return skeleton_->progs; }

  /// Attaches every program that was not excluded by set_autoattach().
  [[nodiscard]] Result<Probe<Skeleton, Stage::attached>> attach() &&
      requires(stage == Stage::loaded)
  {
    if (const int err = Skeleton::attach(skeleton_.get()))
      return failed("attach the probes", err);
    return Probe<Skeleton, Stage::attached>{ std::move(skeleton_) };
  }

private:
  template <typename, Stage>
  friend class Probe;

  using Owner = std::unique_ptr<Skeleton, DestroySkeleton<Skeleton>>;

  explicit Probe(Owner skeleton) : skeleton_(std::move(skeleton)) {}

  Owner skeleton_;
};

} // namespace linger::kernel
