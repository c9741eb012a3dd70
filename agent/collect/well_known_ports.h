// What stands behind a port when nothing else is known: IANA's service names and the defaults of
// the servers themselves.

#pragma once

#include "domain/cause.h"

#include <array>
#include <cstdint>
#include <utility>

namespace linger::collect {

inline constexpr std::array<std::pair<std::uint16_t, domain::Cause>, 15> well_known_ports{ {
    { 53, domain::Cause::dns },
    { 5353, domain::Cause::dns },
    { 5432, domain::Cause::database },  // PostgreSQL
    { 6432, domain::Cause::database },  // PgBouncer
    { 3306, domain::Cause::database },  // MySQL
    { 33060, domain::Cause::database }, // MySQL X protocol
    { 6033, domain::Cause::database },  // ProxySQL
    { 1433, domain::Cause::database },  // SQL Server
    { 1521, domain::Cause::database },  // Oracle
    { 27017, domain::Cause::database }, // MongoDB
    { 9042, domain::Cause::database },  // Cassandra
    { 6379, domain::Cause::cache },     // Redis
    { 6380, domain::Cause::cache },     // Redis over TLS
    { 26379, domain::Cause::cache },    // Redis Sentinel
    { 11211, domain::Cause::cache },    // memcached
} };

} // namespace linger::collect
