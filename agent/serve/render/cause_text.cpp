#include "serve/render/cause_text.h"

#include "serve/render/figures.h"

#include <algorithm>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <utility>
#include <vector>

namespace linger::serve {
std::vector<CauseShare> shares_of(const v1::CauseTimes &times)
{
  // Asks the message for its fields: a cause that is added to the proto shows without a change.
  constexpr std::string_view unit = "_ns";
  std::vector<CauseShare> shares;
  const google::protobuf::Descriptor &fields = *v1::CauseTimes::descriptor();
  for (int i = 0; i < fields.field_count(); ++i) {
    const google::protobuf::FieldDescriptor &field = *fields.field(i);
    const std::uint64_t spent_ns = v1::CauseTimes::GetReflection()->GetUInt64(times, &field);
    if (spent_ns > 0 && field.number() != v1::CauseTimes::kWallNsFieldNumber)
      shares.push_back({ field.name().substr(0, field.name().size() - unit.size()), spent_ns });
  }
  std::ranges::stable_sort(shares, std::greater<>{}, &CauseShare::spent_ns);
  return shares;
}

namespace {

std::string share_text(const CauseShare &share, std::uint64_t wall_ns, std::uint64_t requests)
{
  const double ratio = static_cast<double>(share.spent_ns) / static_cast<double>(wall_ns);
  return fmt::format("{} {} ({})", share.cause, duration_text(share.spent_ns / requests),
                     percent_text(ratio));
}

} // namespace

std::string causes_text(const v1::CauseTimes &times, std::uint64_t requests, std::size_t most)
{
  const std::vector<CauseShare> shares = shares_of(times);
  const std::uint64_t wall_ns = std::max<std::uint64_t>(times.wall_ns(), 1);
  requests = std::max<std::uint64_t>(requests, 1);
  CauseShare rest{ "the rest", 0 };
  std::string text;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (i < most)
      text += (i > 0 ? ", " : "") + share_text(shares[i], wall_ns, requests);
    else
      rest.spent_ns += shares[i].spent_ns;
  }
  if (rest.spent_ns > 0)
    text += ", " + share_text(rest, wall_ns, requests);
  return text;
}

} // namespace linger::serve
