// A census as a message of linger.v1. Text becomes valid UTF-8 on the way.

#pragma once

#include "domain/census.h"
#include "domain/globals.h"
#include "linger/v1/census.pb.h"

namespace linger::serve {

[[nodiscard]] v1::Census to_proto(const domain::Census &census);

/// `later` with what it has more than `earlier`.
[[nodiscard]] v1::Census to_proto(const domain::Census &earlier, const domain::Census &later);

[[nodiscard]] v1::Retainers to_proto(const domain::Retainers &retainers);

[[nodiscard]] v1::HeapGrowth to_proto(const domain::HeapGrowth &growth);
[[nodiscard]] v1::ModuleVariables to_proto(const domain::GlobalsReport &globals);

} // namespace linger::serve
