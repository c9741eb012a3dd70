// Evidence of a finding, in its unit and for people.

#pragma once

#include "domain/finding.h"
#include "domain/time.h"

#include <cstdint>
#include <string>

namespace linger::diagnose {

/// A finding of `rule` with its id; `endpoint` is empty when it is about the whole server.
[[nodiscard]] domain::Finding finding_of(const std::string &rule, std::uint32_t server,
                                         const std::string &endpoint);

void cite_time(domain::Finding &finding, std::string name, domain::Nanos time);
void cite_bytes(domain::Finding &finding, std::string name, double bytes);
void cite_share(domain::Finding &finding, std::string name, double ratio);
void cite_count(domain::Finding &finding, std::string name, double count, std::string unit);

} // namespace linger::diagnose
