// Tracebacks that a worker writes while it has a request.

#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

namespace linger {
namespace {

const std::string failed = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

const std::vector<std::string> lines{ "Traceback (most recent call last):\n",
                                      "  File \"/srv/shop/cart.py\", line 31, in total\n",
                                      "    return prices[item]\n", "KeyError: 'secret'\n" };

void write_all(int log, const std::string &text)
{
  ASSERT_EQ(::write(log, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

std::string whole(const std::string &before = "")
{
  std::string text = before;
  for (const std::string &line : lines)
    text += line;
  return text;
}

void write_as(int log, const std::string &request)
{
  if (request.starts_with("GET /whole"))
    write_all(log, whole("[7] [ERROR] Error handling request /?token=secret\n"));
  if (request.starts_with("GET /lines")) {
    for (const std::string &line : lines)
      write_all(log, line);
  }
  if (request.starts_with("GET /long"))
    write_all(log, whole() +
                       "\nDuring handling of the above exception, another exception occurred:\n" +
                       "\n" + lines[0] + std::string(20'000, ' ') + "\n" + lines[1] + lines[3]);
  if (request.starts_with("GET /none"))
    write_all(log, std::string(500, 'x') + "Traceback (most\n" + lines[1] + lines[3]);
}

/// The exception of the request for `path`, asked once the probe is in place.
std::string exception_of(const std::string &path)
{
  const Listener listener;
  const auto observed = Observed::start({}, listener.address());
  if (!observed)
    return "no probes";
  const WorkerProcess worker{ [&] {
    const int log = ::open("/dev/null", O_WRONLY);
    serve_one_at_a_time(listener, [log](int fd, const std::string &request) {
      write_as(log, request);
      send_text(fd, failed);
    });
  } };
  const auto told = [&](const std::string &asked) -> const domain::Request * {
    for (const domain::Observation &each : observed->all) {
      const auto *request = std::get_if<domain::Request>(&each);
      if (request != nullptr && request->path == asked)
        return request;
    }
    return nullptr;
  };
  ask(listener, "GET /first HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(observed->wait_until([&] { return told("/first") != nullptr; }));
  ask(listener, "GET " + path + " HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(observed->wait_until([&] { return told(path) != nullptr; }));
  const domain::Request *request = told(path);
  return request == nullptr ? "not told"
                            : request->exception_type + " at " + request->exception_code;
}

const std::string key_error = "KeyError at shop/cart.py:31 in total";

#define EXCEPTION_OR_SKIP(name, path)                                                              \
  const std::string name = exception_of(path);                                                     \
  if (name == "no probes")                                                                         \
  GTEST_SKIP() << "needs CAP_BPF and CAP_PERFMON"

TEST(Traceback, IsSeenWhenItIsWrittenAtOnce)
{
  EXCEPTION_OR_SKIP(exception, "/whole");
  EXPECT_EQ(exception, key_error);
}

TEST(Traceback, IsSeenWhenItIsWrittenLineByLine)
{
  EXCEPTION_OR_SKIP(exception, "/lines");
  EXPECT_EQ(exception, key_error);
}

TEST(Traceback, OfALongOneTheEndIsSeen)
{
  EXCEPTION_OR_SKIP(exception, "/long");
  EXPECT_EQ(exception, key_error);
}

TEST(Traceback, IsNoOtherText)
{
  EXCEPTION_OR_SKIP(exception, "/none");
  EXPECT_EQ(exception, " at ");
}

} // namespace
} // namespace linger
