#include "python/interpreter.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

TEST(MappedInterpreter, IsTheExecutableWhereItIsStatic)
{
  const auto found =
      interpreter_in("00400000-00421000 r--p 00000000 fe:00 12  /usr/bin/python3.11\n"
                     "00421000-006a2000 r-xp 00021000 fe:00 12  /usr/bin/python3.11\n"
                     "7f00-7f10 r--p 00000000 fe:00 13  /usr/lib/ld-linux-x86-64.so.2\n",
                     "/usr/bin/python3.11");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, "/usr/bin/python3.11");
  EXPECT_EQ(found->begin_address, 0x400000U);
  EXPECT_EQ(found->end_address, 0x421000U);
  EXPECT_FALSE(found->is_library);
  EXPECT_FALSE(found->musl);
}

TEST(MappedInterpreter, IsTheLibraryWhereThereIsOne)
{
  const auto found = interpreter_in(
      "5500-5600 r--p 00000000 fe:00 12  /opt/my app/bin/python3.12 (deleted)\n"
      "7e00-7e10 r--p 00000000 fe:00 14  /opt/my app/lib/libpython3.so\n"
      "7f00-7f10 r--p 00000000 fe:00 13  /opt/my app/lib/libpython3.12.so.1.0 (deleted)\n"
      "7f10-7f20 r-xp 00010000 fe:00 13  /opt/my app/lib/libpython3.12.so.1.0 (deleted)\n"
      "8000-8010 r-xp 00000000 fe:00 15  /lib/ld-musl-x86_64.so.1\n",
      "/opt/my app/bin/python3.12 (deleted)");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, "/opt/my app/lib/libpython3.12.so.1.0");
  EXPECT_EQ(found->begin_address, 0x7f00U);
  EXPECT_TRUE(found->is_library);
  EXPECT_TRUE(found->musl);
}

TEST(MappedInterpreter, IsNoneWhereNothingIsMapped)
{
  EXPECT_FALSE(interpreter_in("", "/usr/bin/python3.11"));
  EXPECT_FALSE(interpreter_in("zz-1 r--p 00000000 fe:00 12 /usr/bin/python3.11\n-\n \n",
                              "/usr/bin/python3.11"));
  EXPECT_FALSE(interpreter_in("400000-421000 r--p 00001000 fe:00 12 /usr/bin/python3.11\n",
                              "/usr/bin/python3.11"))
      << "not from its first byte on";
}

TEST(VersionInName, IsFoundWhereverItStands)
{
  EXPECT_EQ(version_in_name("/usr/bin/python3.8"), (Version{ 3, 8 }));
  EXPECT_EQ(version_in_name("/usr/lib/libpython3.10.so.1.0"), (Version{ 3, 10 }));
  EXPECT_FALSE(version_in_name("/usr/bin/python3"));
  EXPECT_FALSE(version_in_name("/usr/bin/uwsgi"));
  EXPECT_FALSE(version_in_name("/opt/python3.9/bin/uwsgi"));
  EXPECT_FALSE(version_in_name("/usr/lib/libpython3.13t.so.1.0")) << "another layout";
  EXPECT_FALSE(version_in_name("/usr/bin/python3.999"));
}

TEST(VersionInName, IsPackedAsPythonPacksIt)
{
  EXPECT_EQ(unpacked(0x030b02f0), (Version{ 3, 11 }));
  EXPECT_EQ(text_of(unpacked(0x030e0af0)), "3.14");
}

TEST(Layouts, AreThoseOfThreeEightToThreeFourteen)
{
  for (std::uint8_t minor = 8; minor <= 14; ++minor) {
    const auto layout = layout_of({ 3, minor });
    ASSERT_TRUE(layout) << int{ minor };
    EXPECT_EQ(layout->version, (Version{ 3, minor }));
    EXPECT_NE(layout->runtime_gil.has_value(), layout->interpreter_gil.has_value());
  }
  EXPECT_FALSE(layout_of({ 3, 7 }));
  EXPECT_FALSE(layout_of({ 3, 15 }));
  EXPECT_FALSE(layout_of({ 2, 11 }));
}

} // namespace
} // namespace linger::python
