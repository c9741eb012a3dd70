// What a daemon tells systemd, or whoever else started it and wants to know (sd_notify(3)).

#pragma once

#include <string_view>

namespace linger::app {

/// Sends "READY=1" or the like to the socket that $NOTIFY_SOCKET names. Without it nobody asked;
/// that nobody listens any more is no reason to end.
void tell_service_manager(std::string_view state);

} // namespace linger::app
