// A client of /api/v1/stream that reads what comes.

#pragma once

#include "serve/http_library.h"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace linger::serve {

/// Reads from construction until it is destroyed or the server ends the stream.
class StreamReader {
public:
  explicit StreamReader(std::string address)
      : reading_([this, address = std::move(address)] { read(address); })
  {
  }
  ~StreamReader() { leaving_ = true; }
  StreamReader(const StreamReader &) = delete;
  StreamReader &operator=(const StreamReader &) = delete;

  [[nodiscard]] std::string text()
  {
    const std::scoped_lock lock{ mutex_ };
    return text_;
  }
  [[nodiscard]] bool has(const std::string &part) { return text().find(part) != std::string::npos; }
  [[nodiscard]] bool ended() const { return ended_; }
  /// 0 while it goes on.
  [[nodiscard]] int status() const { return status_; }

private:
  void read(const std::string &address)
  {
    httplib::Client client{ "http://" + address };
    client.set_read_timeout(std::chrono::seconds{ 20 });
    const httplib::Result result =
        client.Get("/api/v1/stream", [this](const char *data, std::size_t length) {
          const std::scoped_lock lock{ mutex_ };
          text_.append(data, length);
          return !leaving_;
        });
    status_ = result ? result->status : -1;
    ended_ = true;
  }

  std::mutex mutex_;
  std::string text_;
  std::atomic<bool> leaving_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<int> status_ = 0;
  std::jthread reading_; // last: it uses the others
};

} // namespace linger::serve
