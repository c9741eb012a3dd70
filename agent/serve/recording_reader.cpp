#include "serve/recording.h"

#include "serve/crc32c.h"
#include "serve/recording_frame.h"

#include <cerrno>
#include <fmt/format.h>
#include <utility>

namespace linger::serve {

Result<RecordingReader> RecordingReader::open(const std::string &path)
{
  FilePtr file(std::fopen(path.c_str(), "re"));
  if (!file)
    return failed("open the recording " + path, errno);
  return read(path, std::move(file));
}

Result<RecordingReader> RecordingReader::read(std::string name, FilePtr file)
{
  RecordingReader reader(std::move(name), std::move(file));
  if (const auto header = reader.read_header(); !header)
    return tl::unexpected(header.error());
  return reader;
}

Result<> RecordingReader::read_header()
{
  PreambleBytes preamble{};
  const auto size = read_bytes(preamble.data(), preamble.size());
  if (!size)
    return tl::unexpected(size.error());
  const auto version = decode_preamble(preamble);
  if (*size < preamble.size() || !version)
    return failure(Error::Kind::malformed, name_ + " is no Linger recording");
  if (*version != recording_version)
    return failure(
        Error::Kind::not_supported,
        fmt::format("{} has format {} and this build reads format {}: use the linger that "
                    "goes with the agent that wrote it",
                    name_, *version, recording_version));

  const auto payload = read_frame();
  if (!payload)
    return tl::unexpected(payload.error());
  if (!*payload)
    return ends_early("it has no header");
  auto header = decode_payload(**payload);
  if (!header || !std::holds_alternative<RecordingInfo>(*header))
    return damaged(preamble_size, "the first frame is no header");
  info_ = std::get<RecordingInfo>(std::move(*header));
  return {};
}

Result<std::optional<domain::Observation>> RecordingReader::next()
{
  if (error_)
    return tl::unexpected(*error_);
  if (finished_)
    return std::nullopt;
  auto observation = read_next();
  if (!observation)
    error_ = observation.error();
  return observation;
}

Result<std::optional<domain::Observation>> RecordingReader::read_next()
{
  while (true) {
    const std::uint64_t frame_begin = offset_;
    const auto payload = read_frame();
    if (!payload)
      return tl::unexpected(payload.error());
    if (!*payload)
      return ends_early("it has no end mark");

    auto decoded = decode_payload(**payload);
    if (!decoded)
      return damaged(frame_begin, decoded.error().what);
    if (auto *observation = std::get_if<domain::Observation>(&*decoded)) {
      ++observations_;
      return std::move(*observation);
    }
    if (const auto *end = std::get_if<RecordingEnd>(&*decoded)) {
      if (const auto checked = check_end(*end); !checked)
        return tl::unexpected(checked.error());
      finished_ = true;
      return std::nullopt;
    }
    if (std::holds_alternative<RecordingInfo>(*decoded))
      return damaged(frame_begin, "a second header");
    ++skipped_;
  }
}

Result<> RecordingReader::check_end(RecordingEnd end)
{
  const std::uint64_t end_of_frames = offset_;
  if (end.observations != observations_ + skipped_)
    return damaged(end_of_frames, fmt::format("{} observations were written and {} are here",
                                              end.observations, observations_ + skipped_));
  char beyond = 0;
  const auto size = read_bytes(&beyond, 1);
  if (!size)
    return tl::unexpected(size.error());
  if (*size != 0)
    return damaged(end_of_frames, "something follows the end mark");
  return {};
}

Result<std::optional<std::string>> RecordingReader::read_frame()
{
  const std::uint64_t frame_begin = offset_;
  FrameHeadBytes bytes{};
  const auto head_size = read_bytes(bytes.data(), bytes.size());
  if (!head_size)
    return tl::unexpected(head_size.error());
  if (*head_size == 0)
    return std::nullopt;
  if (*head_size < bytes.size())
    return ends_early(fmt::format("byte {} begins a frame that is not all there", frame_begin));
  const auto head = decode_frame_head(bytes);
  if (!head)
    return damaged(frame_begin, "the size of a frame does not match its check");

  std::string payload(head->payload_size, '\0');
  const auto payload_size = read_bytes(payload.data(), payload.size());
  if (!payload_size)
    return tl::unexpected(payload_size.error());
  if (*payload_size < payload.size())
    return ends_early(fmt::format("byte {} begins a frame that is not all there", frame_begin));
  if (crc32c(payload) != head->payload_check)
    return damaged(frame_begin, "a frame does not match its check");
  return payload;
}

Result<std::size_t> RecordingReader::read_bytes(char *into, std::size_t size)
{
  const std::size_t got = std::fread(into, 1, size, file_.get());
  if (got < size && std::ferror(file_.get()) != 0)
    return failed("read the recording " + name_, errno);
  offset_ += got;
  return got;
}

tl::unexpected<Error> RecordingReader::damaged(std::uint64_t at_byte, const std::string &why) const
{
  return failure(Error::Kind::malformed,
                 fmt::format("{}: damaged after {} observations at byte {}: {}", name_,
                             observations_, at_byte, why));
}

tl::unexpected<Error> RecordingReader::ends_early(const std::string &how)
{
  cut_short_ = true;
  return failure(
      Error::Kind::malformed,
      fmt::format("{}: cut short after {} observations: {} (the recorder was killed, ran "
                  "out of disk or is still running)",
                  name_, observations_, how));
}

} // namespace linger::serve
