#include "discover/listening_sockets.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;

TEST(DecodeTcpLine, FormatsAddressesOfBothFamilies)
{
  const auto address_of = [](std::string_view hex) {
    const auto socket = decode_tcp_line(FakeProc::tcp_line(hex, "0A", 77));
    return socket
               ? fmt::format("{} {} {}", socket->first, socket->second.address, socket->second.port)
               : "none";
  };

  EXPECT_EQ(address_of("0100007F:1F40"), "77 127.0.0.1:8000 8000");
  EXPECT_EQ(address_of("00000000:0050"), "77 0.0.0.0:80 80");
  EXPECT_EQ(address_of("00000000000000000000000000000000:0050"), "77 [::]:80 80");
  EXPECT_EQ(address_of("B80D01200000000000000000010000FF:FFFF"),
            "77 [2001:db8::ff00:1]:65535 65535");
}

TEST(DecodeTcpLine, PassesOverSocketsThatDoNotListen)
{
  EXPECT_FALSE(decode_tcp_line(FakeProc::tcp_line("0100007F:1F40", "01", 77)));
}

TEST(DecodeTcpLine, RefusesALineThatIsCutOrGarbled)
{
  const std::string good = FakeProc::tcp_line("0100007F:1F40", "0A", 77);
  for (std::size_t length = 0; length <= good.find(" 77 "); ++length)
    EXPECT_FALSE(decode_tcp_line(std::string_view(good).substr(0, length))) << length;
  EXPECT_FALSE(decode_tcp_line(FakeProc::tcp_line("0100007F", "0A", 77)));
  EXPECT_FALSE(decode_tcp_line(FakeProc::tcp_line("0100007:1F40", "0A", 77)));
  EXPECT_FALSE(decode_tcp_line(FakeProc::tcp_line("0100007F:1F400", "0A", 77)));
  EXPECT_FALSE(decode_tcp_line(FakeProc::tcp_line("010000xF:1F40", "0A", 77)));
  EXPECT_FALSE(decode_tcp_line(FakeProc::tcp_line("0100007F0100007F:1F40", "0A", 77)));
}

TEST(DecodeUnixLine, KeepsBlanksInThePath)
{
  const auto socket = decode_unix_line(
      "0000000000000000: 00000002 00000000 00010000 0001 01 4242 /run/my app.sock");

  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->first, 4242);
  EXPECT_EQ(socket->second.address, "unix:/run/my app.sock");
  EXPECT_EQ(socket->second.port, 0);
}

TEST(DecodeUnixLine, PassesOverConnectionsAndUnnamedSockets)
{
  EXPECT_FALSE(decode_unix_line("0000000000000000: 00000003 00000000 00000000 0001 03 1 /run/x"));
  EXPECT_FALSE(decode_unix_line("0000000000000000: 00000003 00000000 00010000 0001 01 1"));
  EXPECT_FALSE(decode_unix_line("garbage"));
}

TEST(SocketInodesOf, GivesSocketsAscendingAndOnce)
{
  FakeProc proc;
  proc.add({ .tgid = 10, .sockets = { 90, 7, 90 } });
  FakeProc::link("socket:[x]", proc.of(10) / "fd" / "30");
  FakeProc::link("socket:[12", proc.of(10) / "fd" / "31");

  EXPECT_THAT(*socket_inodes_of(proc.path(), 10), ElementsAre(7, 90));
  EXPECT_EQ(socket_inodes_of(proc.path(), 11).error().kind, Error::Kind::not_found);
}

} // namespace
} // namespace linger::discover
