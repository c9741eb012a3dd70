#include "serve/recording.h"

#include "serve/recording_frame.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

namespace linger::serve {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{ 64 } * 1024;

} // namespace

Result<RecordingWriter> RecordingWriter::create(const std::string &path, const RecordingInfo &info)
{
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd)
    return failed("create the recording " + path, errno);
  RecordingWriter writer(path, std::move(fd));
  append_preamble(writer.buffer_);
  append_frame(writer.buffer_, encode_info(info));
  if (const auto flushed = writer.flush(); !flushed)
    return tl::unexpected(flushed.error());
  return writer;
}

RecordingWriter::~RecordingWriter()
{
  if (fd_)
    (void)flush();
}

Result<> RecordingWriter::write(const domain::Observation &observation)
{
  if (error_)
    return tl::unexpected(*error_);
  const std::string payload = encode_observation(observation);
  if (payload.size() > most_payload_bytes)
    return failure(Error::Kind::exhausted,
                   fmt::format("{}: an observation of {} bytes is too large to record", path_,
                               payload.size()));
  append_frame(buffer_, payload);
  ++observations_;
  return buffer_.size() < buffer_bytes ? Result<>{} : flush();
}

Result<> RecordingWriter::flush()
{
  if (error_)
    return tl::unexpected(*error_);
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return fail(written < 0 ? errno : EIO);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  written_bytes_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<> RecordingWriter::fail(int err)
{
  // The reader copes with half a frame as well; a whole file is merely tidier. A pipe has no end to
  // cut.
  (void)!::ftruncate(fd_.get(), static_cast<off_t>(written_bytes_));
  error_ = failed(fmt::format("write the recording {} beyond {} bytes", path_, written_bytes_), err)
               .value();
  buffer_.clear();
  return tl::unexpected(*error_);
}

Result<> RecordingWriter::finish()
{
  if (!error_ && fd_)
    append_frame(buffer_, encode_end({ observations_ }));
  if (auto flushed = flush(); !flushed)
    return flushed;
  // Network file systems tell only now that there is no room.
  if (fd_ && ::close(fd_.release()) != 0 && errno != EINTR)
    return fail(errno);
  return {};
}

} // namespace linger::serve
