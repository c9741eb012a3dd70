// The socket interface, for every file that needs it: <sys/socket.h> declares a struct linger (the
// argument of SO_LINGER), and C++ does not let our namespace have the same name. No other file may
// include these headers directly; tests/layers_test.py sees to it.

#pragma once

#define linger socket_linger_option
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#undef linger
