#include "serve/render/connections_text.h"

#include "serve/render/servers_text.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

void add(v1::Worker &worker, const std::string &address, std::uint64_t open, std::uint64_t opened)
{
  v1::PeerConnections &peer = *worker.add_connections();
  peer.set_address(address);
  peer.set_open(open);
  peer.set_idle(open);
  peer.set_opened(opened);
  peer.set_oldest_ns(open * 1'000'000'000);
}

TEST(ConnectionsText, HasALineForEachPeerOfAllWorkersTogether)
{
  v1::Server server;
  for (std::uint64_t open : { 2, 3 }) {
    v1::Worker &worker = *server.add_workers();
    worker.set_requests(50);
    add(worker, "127.0.0.1:5432", open, 100);
    worker.mutable_connections(0)->set_name("postgresql");
    worker.mutable_connections(0)->set_protocol("postgresql");
    worker.mutable_connections(0)->set_tls(true);
  }
  add(*server.mutable_workers(0), "10.0.0.7:80", 0, 300);
  const std::string text = connections_text(server.workers(), { .width = 120 });

  EXPECT_EQ(text,
            "    OPEN  IN USE  IDLE  IN TX  OLDEST  OPENED  CONNECTIONS TO\n"
            "       0       0     0      0       -     300  10.0.0.7:80\n"
            "      3.00 opened a request, 0 closed\n"
            "       5       0     5      0  3.00 s     200  127.0.0.1:5432 (postgresql, TLS)\n"
            "      2.00 opened a request, 0 closed\n");
}

TEST(ConnectionsText, IsEmptyWhereThereAreNone)
{
  v1::Server server;
  server.add_workers();
  EXPECT_EQ(connections_text(server.workers(), {}), "");
}

TEST(ConnectionsText, SaysWhatIsOlderThanItLooksAndWhatThePeerHasClosed)
{
  v1::Server server;
  v1::Worker &worker = *server.add_workers();
  add(worker, "10.0.0.7:6379", 2, 0);
  worker.mutable_connections(0)->set_protocol("redis");
  worker.mutable_connections(0)->set_oldest_is_older(true);
  worker.mutable_connections(0)->set_closed_by_peer(1);
  const std::string text = connections_text(server.workers(), { .width = 120 });

  EXPECT_NE(text.find(" >2.00 s "), std::string::npos) << text;
  EXPECT_EQ(text.find("opened a request"), std::string::npos) << "no request, no rate";
  EXPECT_NE(text.find("10.0.0.7:6379 (redis)"), std::string::npos) << text;
  EXPECT_NE(text.find("1 closed by the peer, and not yet by the worker"), std::string::npos)
      << text;
}

TEST(ServersText, TellsALimitOnceForAllWorkersOfItsGroup)
{
  google::protobuf::RepeatedPtrField<v1::Server> servers;
  v1::Server &server = *servers.Add();
  for (int i = 0; i < 2; ++i) {
    v1::CpuLimit &limit = *server.add_workers()->mutable_cpu_limit();
    limit.set_group("/web");
    limit.set_quota_ns(20'000'000);
    limit.set_period_ns(100'000'000);
    limit.set_periods(50);
    limit.set_throttled_periods(45);
    limit.set_throttled_ns(3'210'000'000);
  }
  server.mutable_workers(0)->mutable_memory()->set_major_faults(2);
  const std::string text = servers_text(servers, { .width = 200 });

  const std::string line =
      "CPU time limited to 0.20 CPUs (control group /web): stopped in 45 of 50 "
      "periods of 100 ms, for 3.21 s in all";
  EXPECT_NE(text.find(line), std::string::npos) << text;
  EXPECT_EQ(text.find(line), text.rfind(line));
  EXPECT_NE(text.find("2 major page faults in its requests"), std::string::npos) << text;
}

} // namespace
} // namespace linger::serve
