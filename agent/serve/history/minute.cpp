#include "serve/history/minute.h"

#include "serve/convert.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/delimited_message_util.h>

namespace linger::serve {
namespace {

namespace io = google::protobuf::io;

constexpr int most_bytes = 64 << 20; // of one minute, unpacked

} // namespace

history::v1::Minute to_minute(const domain::Report &report)
{
  history::v1::Minute minute;
  *minute.mutable_report() = to_proto(report);
  for (const domain::EndpointReport &endpoint : report.endpoints) {
    const domain::QuantileSketch::Parts parts = endpoint.wall_ns.parts();
    history::v1::Sketch &sketch = *minute.add_walls();
    sketch.set_first_bucket(static_cast<std::uint32_t>(parts.first_bucket));
    sketch.mutable_counts()->Add(parts.counts.begin(), parts.counts.end());
    sketch.set_zeros(parts.zeros);
    sketch.set_min(parts.min);
    sketch.set_max(parts.max);
    sketch.set_sum(parts.sum);
  }
  return minute;
}

domain::QuantileSketch wall_of(const history::v1::Minute &minute, int endpoint)
{
  if (endpoint >= minute.walls_size())
    return {};
  const history::v1::Sketch &sketch = minute.walls(endpoint);
  return domain::QuantileSketch::made_of(
             { .first_bucket = sketch.first_bucket(),
               .counts = { sketch.counts().begin(), sketch.counts().end() },
               .zeros = sketch.zeros(),
               .min = sketch.min(),
               .max = sketch.max(),
               .sum = sketch.sum() })
      .value_or(domain::QuantileSketch{});
}

std::string packed(const history::v1::Minute &minute)
{
  std::string bytes;
  io::StringOutputStream out{ &bytes };
  io::GzipOutputStream compressed{ &out };
  // With its length in front, so that a part of it is not taken for all.
  google::protobuf::util::SerializeDelimitedToZeroCopyStream(minute, &compressed);
  compressed.Close();
  return bytes;
}

Result<history::v1::Minute> unpacked(std::string_view bytes)
{
  io::ArrayInputStream in{ bytes.data(), static_cast<int>(bytes.size()) };
  io::GzipInputStream expanded{ &in };
  history::v1::Minute minute;
  bool is_whole = false;
  {
    io::CodedInputStream coded{ &expanded };
    coded.SetTotalBytesLimit(most_bytes);
    is_whole = google::protobuf::util::ParseDelimitedFromCodedStream(&minute, &coded, nullptr);
  }
  // Reading on, gzip compares its checksum.
  const void *more = nullptr;
  int more_bytes = 0;
  if (!is_whole || expanded.Next(&more, &more_bytes) || expanded.ZlibErrorMessage() != nullptr)
    return failure(Error::Kind::malformed, "it is no minute of a history");
  return minute;
}

} // namespace linger::serve
