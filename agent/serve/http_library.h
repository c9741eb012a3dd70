// cpp-httplib, whose headers declare a struct of our namespace's name: see base/socket.h.

#pragma once

#include "base/socket.h"

#include <httplib.h>
