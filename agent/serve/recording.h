// Recordings: what the agent observed, in a file. docs/design/recording.md describes the format.

#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "domain/observation.h"
#include "serve/recording_codec.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace linger::serve {

/// Writes a recording. Not thread-safe. After a failed write the file is cut back to the last whole
/// observation where that is possible, and every later call fails with the same error.
class RecordingWriter {
public:
  /// Creates the file (0600: paths may hold what people typed) or empties it, and writes the
  /// header.
  [[nodiscard]] static Result<RecordingWriter> create(const std::string &path,
                                                      const RecordingInfo &info);

  RecordingWriter(RecordingWriter &&) noexcept = default;
  RecordingWriter &operator=(RecordingWriter &&) = delete;
  RecordingWriter(const RecordingWriter &) = delete;
  RecordingWriter &operator=(const RecordingWriter &) = delete;
  /// Flushes. A recording that finish() did not end says so to whoever reads it.
  ~RecordingWriter();

  /// Buffered. `exhausted` when the disk is full.
  [[nodiscard]] Result<> write(const domain::Observation &observation);

  /// Hands everything to the kernel. Call it at least once a second: what stands in the buffer when
  /// the agent is killed is lost.
  [[nodiscard]] Result<> flush();

  /// Writes the end mark and closes the file.
  [[nodiscard]] Result<> finish();

  [[nodiscard]] std::uint64_t observations() const { return observations_; }

private:
  RecordingWriter(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  [[nodiscard]] Result<> fail(int err);

  std::string path_;
  UniqueFd fd_;
  std::string buffer_; // whole frames only
  std::uint64_t written_bytes_ = 0;
  std::uint64_t observations_ = 0;
  std::optional<Error> error_;
};

struct CloseFile {
  void operator()(std::FILE *file) const noexcept { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, CloseFile>;

/// Reads a recording from front to end. Not thread-safe.
class RecordingReader {
public:
  /// Reads the header. `malformed` when the file is no recording, `not_supported` when its format
  /// is newer than this build.
  [[nodiscard]] static Result<RecordingReader> open(const std::string &path);
  /// The same from an open file that errors are to call `name`.
  [[nodiscard]] static Result<RecordingReader> read(std::string name, FilePtr file);

  [[nodiscard]] const RecordingInfo &info() const { return info_; }

  /// The next observation, nothing at the end of a finished recording. Fails as `malformed` where
  /// the file is damaged ("FILE: damaged after N observations at byte B: ...") or ends without its
  /// end mark (then cut_short() holds); what came before is sound either way. After the end or an
  /// error every further call gives the same.
  [[nodiscard]] Result<std::optional<domain::Observation>> next();

  /// The recording ends without its end mark: the recorder was killed, the disk was full, or it is
  /// still running.
  [[nodiscard]] bool cut_short() const { return cut_short_; }

  [[nodiscard]] std::uint64_t observations() const { return observations_; }
  /// Frames left out because a newer agent wrote something that this build does not know.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

private:
  RecordingReader(std::string name, FilePtr file) : name_(std::move(name)), file_(std::move(file))
  {
  }
  [[nodiscard]] Result<> read_header();
  [[nodiscard]] Result<std::optional<domain::Observation>> read_next();
  /// One frame's payload; none at the end of the file.
  [[nodiscard]] Result<std::optional<std::string>> read_frame();
  /// How many of `size` bytes there were.
  [[nodiscard]] Result<std::size_t> read_bytes(char *into, std::size_t size);
  [[nodiscard]] Result<> check_end(RecordingEnd end);
  [[nodiscard]] tl::unexpected<Error> damaged(std::uint64_t at_byte, const std::string &why) const;
  [[nodiscard]] tl::unexpected<Error> ends_early(const std::string &how);

  std::string name_;
  FilePtr file_;
  RecordingInfo info_;
  std::uint64_t offset_ = 0;
  std::uint64_t observations_ = 0;
  std::uint64_t skipped_ = 0;
  bool cut_short_ = false;
  bool finished_ = false;
  std::optional<Error> error_;
};

} // namespace linger::serve
