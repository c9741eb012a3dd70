#include "serve/address.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

Error::Kind kind_of_failure(std::string_view text)
{
  const auto address = parse_address(text);
  EXPECT_FALSE(address) << text;
  return address ? Error::Kind::internal : address.error().kind;
}

TEST(ParseAddress, KnowsASocketByItsScheme)
{
  const auto address = parse_address("unix:///run/linger/linger.sock");
  ASSERT_TRUE(address);
  EXPECT_EQ(std::get<SocketPath>(*address).path, "/run/linger/linger.sock");
}

TEST(ParseAddress, KnowsHostsAndPorts)
{
  for (const std::string text : { "127.0.0.1:9000", "[::1]:0", "agent.example:65535" }) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(std::get<HostAndPort>(*address).text(), text);
  }
}

TEST(ParseAddress, RefusesEverythingElse)
{
  const std::string too_long = "unix:///" + std::string(107, 'a');
  for (const std::string &text :
       { std::string(), std::string("unix://"), std::string("unix://run/x"),
         std::string("unix:///run/"), std::string("/run/x.sock"), std::string("localhost"),
         std::string("host:"), std::string(":80"), std::string("host:65536"),
         std::string("host:-1"), std::string("host:80x"), std::string("::1:80"),
         std::string("http://host:80"), too_long })
    EXPECT_EQ(kind_of_failure(text), Error::Kind::usage) << text;
}

TEST(ParseAddress, TakesThePathThatJustFits)
{
  EXPECT_TRUE(parse_address("unix:///" + std::string(106, 'a')));
}

TEST(ListeningOn, TakesLoopbackAddresses)
{
  EXPECT_EQ(listening_on({ "127.0.0.1", 80 }, false)->host, "127.0.0.1");
  EXPECT_EQ(listening_on({ "127.9.9.9", 80 }, false)->host, "127.9.9.9");
  EXPECT_EQ(listening_on({ "::1", 80 }, false)->host, "::1");
  EXPECT_EQ(listening_on({ "localhost", 80 }, false)->host, "127.0.0.1");
}

TEST(ListeningOn, RefusesAddressesThatOthersCanReachUnlessToldTo)
{
  for (const char *host : { "0.0.0.0", "192.168.1.1", "::", "::ffff:127.0.0.1", "128.0.0.1" }) {
    const auto refused = listening_on({ host, 80 }, false);
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().kind, Error::Kind::usage);
    EXPECT_TRUE(listening_on({ host, 80 }, true)) << host;
  }
}

TEST(ListeningOn, RefusesNamesAlways)
{
  EXPECT_FALSE(listening_on({ "example.org", 80 }, true));
  EXPECT_FALSE(listening_on({ "127.0.0.1.example.org", 80 }, false));
}

} // namespace
} // namespace linger::serve
