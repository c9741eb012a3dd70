#include "serve/render/what_if_text.h"

#include "serve/convert_what_if.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

domain::WhatIf what_if()
{
  domain::WhatIf one;
  one.closed = true;
  one.clients = 12;
  one.requests = 2048;
  one.cpus = 2;
  one.measured = {
    .requests_per_second = 16.4, .queue_p95 = 620ms, .wall_p50 = 712ms, .wall_p95 = 780ms
  };
  one.present = { .setting = { "sync", 2, 1 },
                  .performance = { .requests_per_second = 16.5 },
                  .resident_bytes = 100'000'000 };
  one.alternatives = { { .setting = { "gthread", 2, 8 },
                         .performance = { .requests_per_second = 98.25, .wall_p95 = 131ms },
                         .resident_bytes = 100'000'000,
                         .advised = true },
                       { .setting = { "gevent", 2, 0 },
                         .performance = { .requests_per_second = 97 } } };
  return one;
}

TEST(WhatIfText, ShowsEachSettingBesideWhatIsNow)
{
  const std::string text = what_if_text(to_proto(what_if()), { .width = 120 });

  for (const char *part : { "as measured", "the same, predicted", "16.4", "620 ms", "712 ms",
                            "gthread, 2 workers of 8 threads (advised)", "98.2", "131 ms", "100 MB",
                            "gevent, 2 workers\n", "12 clients", "2,048 requests on 2 CPUs" })
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(WhatIfText, SaysWhatItTakesAnOpenLoadFor)
{
  domain::WhatIf open = what_if();
  open.closed = false;
  EXPECT_NE(what_if_text(to_proto(open), { .width = 120 }).find("as they came"), std::string::npos);
}

TEST(WhatIfText, PrintsNoWorkerClassRaw)
{
  domain::WhatIf hostile = what_if();
  hostile.alternatives[0].setting.worker_class = "\x1b[31m\nx\xff";
  const std::string text = what_if_text(to_proto(hostile), { .width = 120 });
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(WhatIfMessage, HoldsEveryFigure)
{
  const v1::WhatIf message = to_proto(what_if());
  EXPECT_EQ(message.measured().queue_p95_ns(), 620'000'000U);
  EXPECT_EQ(message.present().workers(), 2U);
  ASSERT_EQ(message.alternatives_size(), 2);
  EXPECT_TRUE(message.alternatives(0).advised());
  EXPECT_EQ(message.alternatives(0).threads(), 8U);
  EXPECT_EQ(message.alternatives(1).threads(), 0U);
}

} // namespace
} // namespace linger::serve
