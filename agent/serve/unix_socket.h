// The agent's own socket in the file system.

#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

#include <string>
#include <sys/types.h>

namespace linger::serve {

/// A listening socket at a path, mode 0660 from the moment it exists. Closes and removes it when
/// destroyed, unless another file stands at the path by then.
class UnixListener {
public:
  /// Creates the parent directory (0755) when it is missing; replaces a socket that nobody answers
  /// on. Fails as `exhausted` when somebody does, as `usage` when something else stands at the
  /// path.
  ///
  /// Narrows the process's umask while it binds: files that other threads create in these few
  /// microseconds may get fewer permissions than they asked for, never more.
  [[nodiscard]] static Result<UnixListener> open(const std::string &path);

  UnixListener(UnixListener &&other) noexcept = default;
  UnixListener &operator=(UnixListener &&) = delete;
  UnixListener(const UnixListener &) = delete;
  UnixListener &operator=(const UnixListener &) = delete;
  ~UnixListener();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string &path() const { return path_; }

private:
  UnixListener(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Connects to the socket at `path` and hangs up. The errno value says how that failed; 0 when
/// there is somebody.
[[nodiscard]] int knock(const std::string &path);

} // namespace linger::serve
