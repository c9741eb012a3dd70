// The two words of a request that may leave the decoder: its method and its path.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linger::decode {

/// Whether `text` can be a request's method.
[[nodiscard]] bool is_method(std::string_view text);

/// The path of a request's target (RFC 9112, 3.2), without scheme, authority, query and fragment;
/// "*" stays. "/" for an absolute target without a path. Bytes that are not printable ASCII are
/// percent-encoded. nullopt for what is no such target.
[[nodiscard]] std::optional<std::string> path_of_target(std::string_view target);

/// Whether no query and no fragment stands behind the path of `target`.
[[nodiscard]] bool is_path_only(std::string_view target);

/// What is certain of a path that was cut: "/shop/..." of "/shop/ca".
[[nodiscard]] std::string cut_path(std::string_view path);

/// A path whose percent-encoding a server has undone: '?' and '#' are encoded, too. nullopt for
/// what is no path.
[[nodiscard]] std::optional<std::string> encoded_path(std::string_view path);

} // namespace linger::decode
