// What the agent has freed, and the C library keeps.

#pragma once

namespace linger::app {

/// Lets threads share two heaps. Each would have one of its own, and of those that answer scrapers
/// each would keep the room of the largest report it ever made. Large blocks stand alone, and go
/// back to the system when they are freed. To be called before there are threads.
void share_heaps();

/// Gives back to the system what is free, if that is much.
void give_back_memory();

} // namespace linger::app
