// A real server on a real socket over a fake agent.

#pragma once

#include "serve/client.h"
#include "serve/server.h"
#include "unit/serve/fake_agent_view.h"
#include "unit/serve/temp_dir.h"

#include <optional>

namespace linger::serve {

class ServedTest : public TempDirTest {
protected:
  void SetUp() override
  {
    TempDirTest::SetUp();
    start({});
  }

  void start(ServerOptions options)
  {
    server_.reset();
    auto server = Server::start({ address() }, agent_, options);
    ASSERT_TRUE(server) << server.error().what;
    server_.emplace(std::move(*server));
  }

  [[nodiscard]] std::string path() const { return in_temp("linger.sock"); }
  [[nodiscard]] std::string address() const { return "unix://" + path(); }

  [[nodiscard]] Client connected() const
  {
    auto client = Client::connect(address(), std::chrono::seconds(20));
    EXPECT_TRUE(client) << client.error().what;
    return std::move(*client);
  }

  FakeAgentView agent_;
  std::optional<Server> server_;
};

} // namespace linger::serve
