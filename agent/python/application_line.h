// Which frame of a stack is the application's, and how it is shown. Pure.

#pragma once

#include "python/symbolizer.h"

#include <span>
#include <string>
#include <string_view>

namespace linger::python {

/// Where a frame's file comes from, by its path alone.
enum class Origin {
  application,
  installed, // below site-packages or dist-packages, or a script that an installer put into bin
  standard,  // the standard library, frozen modules, generated code
};

/// `package` is the application's top-level package, which counts as the application also where it
/// was installed; empty when not known.
[[nodiscard]] Origin origin_of(std::string_view file, std::string_view package);

/// "shop" of what a server is told to serve: "shop.app:create_app()".
[[nodiscard]] std::string package_of(std::string_view app);

/// A path as people name it: below `directory` from there on; installed or of the standard library
/// from its package on; else its last two components.
[[nodiscard]] std::string shortened(std::string_view file, std::string_view directory);

/// "shop/checkout.py:31 in charge": the innermost frame of the application, and where there is none
/// the innermost frame at all. `stack` is innermost first; empty for an empty one.
[[nodiscard]] std::string application_line(std::span<const Frame> stack, std::string_view directory,
                                           std::string_view package);

/// Whether a thread that waits for a lock does so for something to be done, an event, a result, an
/// item of a queue, the end of a thread: those waits of the standard library stand on a lock that
/// nobody holds. `stack` as above.
[[nodiscard]] bool waits_for_event(std::span<const Frame> stack);

} // namespace linger::python
