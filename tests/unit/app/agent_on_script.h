// An agent on a host that a test scripts: masters 100 and 200.

#pragma once

#include "app/agent.h"

#include "unit/app/scripted_host.h"

#include <gtest/gtest.h>

namespace linger::app {

class AgentOnScript : public testing::Test {
protected:
  AgentOnScript() { script.servers = { a_server(100, { 101, 102 }), a_server(200, { 201 }) }; }

  Result<std::unique_ptr<Agent>> start(const std::vector<std::uint32_t> &only = {})
  {
    return Agent::start(Config{}, only, opener_of(script), [this] { return script.clock(); });
  }

  void happens(const domain::Observation &observation, domain::Nanos now)
  {
    script.with([&](HostScript &shared) {
      shared.pending.push_back(observation);
      shared.now = now;
    });
  }

  HostScript script;
};

} // namespace linger::app
