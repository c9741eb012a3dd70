// What a real interpreter says of its own allocator, and what is counted from outside. Debian's is
// always there; others where they are installed. LINGER_PYTHONS names more of them, separated by
// colons.

#include "python/pymalloc.h"

#include "kernel/python_server.h"
#include "kernel/worker_process.h"

#include <array>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace linger::python {
namespace {

constexpr const char *script = R"(
import sys
kept = [object() for _ in range(200_000)]
gaps = [str(number) * 3 for number in range(100_000)]
del gaps[::2]
sys._debugmallocstats()
sys.stdin.read()
)";

/// What it allocates after it has told, to wait.
constexpr double waiting_bytes = 512;

/// An interpreter that has told what it holds and now waits.
class Interpreter {
public:
  explicit Interpreter(const std::string &path)
      : pipes_(opened()), process_([&] {
          ::dup2(pipes_.in[0], STDIN_FILENO);
          ::dup2(pipes_.out[1], STDERR_FILENO);
          ::execl(path.c_str(), path.c_str(), "-B", "-c", script, nullptr);
          std::_Exit(127);
        })
  {
    ::close(pipes_.out[1]);
  }
  ~Interpreter()
  {
    ::close(pipes_.in[0]);
    ::close(pipes_.in[1]);
    ::close(pipes_.out[0]);
  }
  Interpreter(const Interpreter &) = delete;
  Interpreter &operator=(const Interpreter &) = delete;

  [[nodiscard]] std::uint32_t tgid() const { return static_cast<std::uint32_t>(process_.tgid()); }

  /// The number behind "# bytes in allocated blocks", thousands by commas.
  [[nodiscard]] std::uint64_t told_bytes() const
  {
    const std::string label = "# bytes in allocated blocks";
    std::string told;
    std::array<char, 4096> room{};
    // It says more after that line than fits behind it in one read.
    while (told.find(label) == std::string::npos ||
           told.find('\n', told.find(label)) == std::string::npos) {
      const ssize_t count = ::read(pipes_.out[0], room.data(), room.size());
      if (count <= 0)
        return 0;
      told.append(room.data(), static_cast<std::size_t>(count));
    }
    std::uint64_t bytes = 0;
    for (std::size_t at = told.find(label) + label.size(); told[at] != '\n'; ++at) {
      if (std::isdigit(static_cast<unsigned char>(told[at])) != 0)
        bytes = bytes * 10 + static_cast<std::uint64_t>(told[at] - '0');
    }
    return bytes;
  }

private:
  struct Pipes {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
  };
  [[nodiscard]] static Pipes opened()
  {
    Pipes pipes;
    EXPECT_EQ(::pipe(pipes.in.data()), 0);
    EXPECT_EQ(::pipe(pipes.out.data()), 0);
    return pipes;
  }

  Pipes pipes_;
  WorkerProcess process_;
};

void expect_counted_to_the_byte(const std::string &path)
{
  const Interpreter interpreter{ path };
  const std::uint64_t told_bytes = interpreter.told_bytes();
  ASSERT_GT(told_bytes, 5'000'000U);
  auto reader = PymallocReader::open("/proc", interpreter.tgid());
  ASSERT_TRUE(reader) << reader.error().what;
  for (int reads = 0; reads < 20; ++reads) { // some pass over what holds no pool
    const auto use = reader->read();
    ASSERT_TRUE(use) << use.error().what;
    EXPECT_NEAR(static_cast<double>(use->used_bytes), static_cast<double>(told_bytes),
                waiting_bytes);
  }
}

TEST(Pymalloc, IsCountedToTheByte)
{
  expect_counted_to_the_byte("/usr/bin/python3");
}

TEST(Pymalloc, IsCountedToTheByteUnderOtherPythons)
{
  const std::vector<std::string> interpreters = other_interpreters();
  if (interpreters.empty())
    GTEST_SKIP() << "missing: other interpreters than Debian's (LINGER_PYTHONS names them)";
  for (const std::string &interpreter : interpreters) {
    SCOPED_TRACE(interpreter);
    expect_counted_to_the_byte(interpreter);
  }
}

TEST(Pymalloc, HasNothingToTellOfAnInterpreterThatDoesWithout)
{
  ::setenv("PYTHONMALLOC", "malloc", 1);
  const Interpreter interpreter{ "/usr/bin/python3" };
  ::unsetenv("PYTHONMALLOC");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  auto reader = PymallocReader::open("/proc", interpreter.tgid());
  ASSERT_TRUE(reader) << reader.error().what;
  const auto use = reader->read();
  ASSERT_TRUE(use) << use.error().what;
  EXPECT_EQ(use->pools, 0U);
}

TEST(Pymalloc, SaysThatAProcessHasEnded)
{
  auto interpreter = std::make_unique<Interpreter>("/usr/bin/python3");
  ASSERT_GT(interpreter->told_bytes(), 0U);
  auto reader = PymallocReader::open("/proc", interpreter->tgid());
  ASSERT_TRUE(reader) << reader.error().what;
  interpreter.reset();
  const auto use = reader->read();
  ASSERT_FALSE(use);
  EXPECT_EQ(use.error().kind, Error::Kind::not_found);
}

} // namespace
} // namespace linger::python
