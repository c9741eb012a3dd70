#include "serve/render/servers_text.h"

#include "linger/v1/report.pb.h"

#include <gmock/gmock.h>

namespace linger::serve {
namespace {

using testing::HasSubstr;
using testing::Not;

void add(v1::Report &to, std::uint32_t master, const std::string &workload)
{
  v1::Server &server = *to.add_servers();
  server.set_kind("gunicorn");
  server.set_master_tgid(master);
  if (workload.empty())
    return;
  server.set_container("0123456789ab");
  server.set_container_runtime("containerd");
  server.mutable_pod()->set_uid("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed");
  server.mutable_pod()->set_namespace_("shop");
  server.mutable_pod()->set_name(workload + "-0");
  server.mutable_pod()->set_workload(workload);
  server.mutable_pod()->set_container("app");
}

TEST(ServersText, GroupsThemByWorkload)
{
  v1::Report servers;
  add(servers, 10, "web");
  add(servers, 20, "api");
  add(servers, 30, "");
  add(servers, 40, "web");
  const std::string text = servers_text(servers.servers(), { .width = 200 });
  std::size_t last = 0;
  for (const char *each : { "  gunicorn 30\n", "  workload shop/api:\n", "  gunicorn 20\n",
                            "  workload shop/web:\n", "  gunicorn 10\n", "  gunicorn 40\n" }) {
    const std::size_t found = text.find(each);
    ASSERT_NE(found, std::string::npos) << each << text;
    EXPECT_LE(last, found) << each;
    last = found;
  }
  EXPECT_EQ(text.find("shop/web:"), text.rfind("shop/web:")) << "one heading for both";
}

TEST(ServersText, NamesThePodAndWhatItMayHave)
{
  v1::Report servers;
  add(servers, 10, "web");
  v1::Server &server = *servers.mutable_servers(0);
  for (int worker = 0; worker < 2; ++worker) {
    v1::MemoryLimit &limit = *server.add_workers()->mutable_memory()->mutable_limit();
    limit.set_group("/kubepods/web");
    limit.set_limit_bytes(512'000'000);
    limit.set_used_bytes(100'000'000);
  }
  const std::string text = servers_text(servers.servers(), { .width = 200 });
  EXPECT_THAT(text,
              HasSubstr("container 0123456789ab (containerd), pod shop/web-0 (container app)"));
  const std::string limit =
      "memory limited to 512 MB (control group /kubepods/web): 100 MB in use\n";
  EXPECT_THAT(text, HasSubstr(limit));
  EXPECT_EQ(text.find(limit), text.rfind(limit)) << "workers of one group have one line";

  server.mutable_pod()->clear_name();
  EXPECT_THAT(servers_text(servers.servers(), { .width = 200 }),
              HasSubstr("pod 1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"));
}

TEST(ServersText, SaysWhatForkedWorkersNeedTogether)
{
  v1::Report servers;
  add(servers, 10, "");
  v1::Server &server = *servers.mutable_servers(0);
  for (int worker = 0; worker < 2; ++worker) {
    v1::WorkerMemory &memory = *server.add_workers()->mutable_memory();
    memory.set_resident_bytes(80'000'000);
    memory.set_proportional_bytes(30'000'000);
  }
  EXPECT_THAT(servers_text(servers.servers(), { .width = 200 }),
              HasSubstr("memory of its workers: 160 MB resident, 60.0 MB with each shared page "
                        "divided among those that have it\n"));

  server.mutable_workers(0)->mutable_memory()->set_proportional_bytes(0);
  EXPECT_THAT(servers_text(servers.servers(), { .width = 200 }),
              Not(HasSubstr("memory of its workers")))
      << "before its first look";
  for (v1::Worker &worker : *server.mutable_workers())
    worker.mutable_memory()->set_proportional_bytes(75'000'000);
  EXPECT_THAT(servers_text(servers.servers(), { .width = 200 }),
              Not(HasSubstr("memory of its workers")))
      << "hardly anything is shared";
}

} // namespace
} // namespace linger::serve
