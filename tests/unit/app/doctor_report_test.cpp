#include "app/doctor_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::app {
namespace {

using testing::HasSubstr;
using testing::Not;

const kernel::HostFeature present{ .name = "kernel", .available = true, .detail = "6.18" };
const kernel::HostFeature lacking{ .name = "task storage",
                                   .available = false,
                                   .required = true,
                                   .detail = "refused",
                                   .remedy = "nothing works; use 5.11 or newer" };
const kernel::HostFeature optional{ .name = "sock_send_length",
                                    .available = false,
                                    .required = false,
                                    .detail = "no such tracepoint",
                                    .remedy = "costs more; use 6.3 or newer" };

TEST(DoctorReport, NeedsAllThatIsRequiredAndNothingElse)
{
  EXPECT_TRUE(can_do_the_main_job({ present, optional }));
  EXPECT_FALSE(can_do_the_main_job({ present, lacking }));
}

TEST(DoctorReport, SaysWhatAnAbsenceCostsAndHowToGetIt)
{
  const std::string text = doctor_text({ present, lacking, optional });

  EXPECT_THAT(text, HasSubstr("kernel            ok       6.18\n"));
  EXPECT_THAT(text, HasSubstr("task storage      missing  refused\n"
                              "                  nothing works; use 5.11 or newer\n"));
  EXPECT_THAT(text, HasSubstr("sock_send_length  absent   no such tracepoint\n"));
  EXPECT_THAT(text, HasSubstr("cannot diagnose"));
  EXPECT_THAT(doctor_text({ present, optional }), Not(HasSubstr("cannot")));
}

TEST(DoctorReport, TellsProgramsTheSame)
{
  const std::string json = doctor_json({ present, lacking });

  EXPECT_THAT(json, HasSubstr("{\"ready\":false,"));
  EXPECT_THAT(json, HasSubstr("{\"name\":\"task storage\",\"available\":false,\"required\":true,"
                              "\"detail\":\"refused\","));
}

TEST(DoctorReport, IsJsonWhateverTheKernelSays)
{
  kernel::HostFeature odd = present;
  odd.detail = "a \"quoted\" \\ word\n\x1b[31m\xff";
  const std::string json = doctor_json({ odd });

  EXPECT_THAT(json, HasSubstr(R"(a \"quoted\" \\ word\\x0a\\x1b[31m\\xff)"));
  EXPECT_THAT(json, Not(HasSubstr("\x1b")));
}

} // namespace
} // namespace linger::app
