#include "decode/question.h"

#include <gtest/gtest.h>
#include <string>

namespace linger::decode {
namespace {

using domain::Cause;

std::string big_endian(std::size_t value, unsigned size)
{
  std::string bytes;
  for (unsigned i = size; i-- > 0;)
    bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string zero_ended(const std::string &text)
{
  return text + '\0';
}

/// A message of PostgreSQL's frontend.
std::string message(char type, const std::string &body)
{
  return type + big_endian(body.size() + 4, 4) + body;
}

std::string packet(char command, const std::string &body)
{
  const std::string length = big_endian(body.size() + 1, 3);
  return std::string(length.rbegin(), length.rend()) + '\0' + command + body;
}

class DecodeQuestion : public testing::Test {
protected:
  std::string asked(Cause cause, const std::string &sent, std::size_t captured = std::string::npos,
                    std::uint64_t connection = 1)
  {
    return decode_question(
        cause,
        { .bytes = std::as_bytes(std::span(sent)).first(std::min(captured, sent.size())),
          .sent_bytes = sent.size(),
          .connection = connection },
        prepared_);
  }

  PreparedStatements prepared_;
};

TEST_F(DecodeQuestion, ReadsASimpleQuery)
{
  const std::string query = message('Q', zero_ended("SELECT a FROM t WHERE b = 'secret'"));
  EXPECT_EQ(asked(Cause::database, query), "SELECT a FROM t WHERE b = ?");
  EXPECT_EQ(asked(Cause::database, query, 35), "SELECT a FROM t WHERE b = ? …");
}

TEST_F(DecodeQuestion, ReadsTheExtendedProtocol)
{
  const std::string parse = message('P', zero_ended("") + zero_ended("SELECT $1::int") + "\0\0");
  EXPECT_EQ(asked(Cause::database, parse + message('S', "")), "SELECT ?::int");
}

TEST_F(DecodeQuestion, RemembersWhatANamedStatementIs)
{
  const std::string bind = message('B', zero_ended("") + zero_ended("_pg3_0") + "secret");
  EXPECT_EQ(asked(Cause::database, bind), "prepared statement _pg3_0");

  const std::string parse =
      message('P', zero_ended("_pg3_0") + zero_ended("SELECT 1 WHERE a = $1") + "\0\0");
  EXPECT_EQ(asked(Cause::database, parse), "SELECT ? WHERE a = ?");
  EXPECT_EQ(asked(Cause::database, bind), "SELECT ? WHERE a = ?");
  // Another connection may mean another statement by it.
  EXPECT_EQ(asked(Cause::database, bind, std::string::npos, 2), "prepared statement _pg3_0");
  EXPECT_EQ(asked(Cause::database, message('B', zero_ended("") + zero_ended("it's secret"))),
            "prepared statement");
}

TEST_F(DecodeQuestion, ForgetsThePreparedStatementsOfTheOldestConnections)
{
  for (std::uint64_t connection = 1; connection <= 2 * PreparedStatements::limit; ++connection)
    prepared_.remember(connection, "s", "SELECT ?");
  EXPECT_EQ(prepared_.size(), PreparedStatements::limit);
  EXPECT_EQ(prepared_.find(1, "s"), nullptr);
  EXPECT_NE(prepared_.find(2 * PreparedStatements::limit, "s"), nullptr);
}

TEST_F(DecodeQuestion, NamesWhatIsNoStatement)
{
  const std::string startup = big_endian(3, 2) + big_endian(0, 2) + zero_ended("user");
  EXPECT_EQ(asked(Cause::database, big_endian(startup.size() + 4, 4) + startup), "connect");
  EXPECT_EQ(asked(Cause::database, big_endian(8, 4) + big_endian(80877103, 4)),
            "connect, asking for encryption");
  EXPECT_EQ(asked(Cause::database, message('p', zero_ended("secret"))), "authenticate");
  EXPECT_EQ(asked(Cause::database, message('d', "secret")), "COPY data");
}

TEST_F(DecodeQuestion, ReadsMysql)
{
  EXPECT_EQ(asked(Cause::database, packet(3, "SELECT \"secret\"")), "SELECT ?");
  EXPECT_EQ(asked(Cause::database, packet(0x16, "SELECT a WHERE b = ?")), "SELECT a WHERE b = ?");
  EXPECT_EQ(asked(Cause::database, packet(0x17, "\1\0\0\0secret")), "prepared statement");
  EXPECT_EQ(asked(Cause::database, packet(0x19, "\1\2\3\4") + packet(3, "COMMIT")), "COMMIT");
  EXPECT_EQ(asked(Cause::database, packet(2, "secret")), "USE ?");
  // Query attributes: none, and one of whose name and value nothing is known.
  EXPECT_EQ(asked(Cause::database, packet(3, std::string("\0\1SELECT 1", 10))), "SELECT ?");
  EXPECT_EQ(asked(Cause::database, packet(3, std::string("\1\1\0\1secret", 10))), "query");
}

TEST_F(DecodeQuestion, ReadsRedisCommandsWithoutTheirKeys)
{
  EXPECT_EQ(asked(Cause::cache, "*2\r\n$3\r\nget\r\n$6\r\nsecret\r\n"), "GET ?");
  EXPECT_EQ(asked(Cause::cache, "*3\r\n$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$4\r\n0.04\r\n"),
            "DEBUG SLEEP ?");
  EXPECT_EQ(asked(Cause::cache, "*1\r\n$4\r\nPING\r\n"), "PING");
  EXPECT_EQ(asked(Cause::cache,
                  "*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nEXEC"
                  "\r\n"),
            "GET ? (pipeline)");
  EXPECT_EQ(asked(Cause::cache, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$900\r\nsecret", 30), "SET ?");
  EXPECT_EQ(asked(Cause::cache, "*1\r\n$7\r\nsecret1\r\n"), "");
}

TEST_F(DecodeQuestion, ReadsMemcachedCommandsWithoutTheirKeys)
{
  EXPECT_EQ(asked(Cause::cache, "get secret\r\n"), "get ?");
  EXPECT_EQ(asked(Cause::cache, "version\r\n"), "version");
  EXPECT_EQ(asked(Cause::cache, "secret word\r\n"), "");
  std::string get = "\x80" + std::string(1, '\0') + big_endian(6, 2) + big_endian(0, 4) +
                    big_endian(6, 4) + std::string(12, '\0') + "secret";
  EXPECT_EQ(asked(Cause::cache, get), "get ?");
}

TEST_F(DecodeQuestion, ReadsRequestsToOtherServicesWithoutTheirQuery)
{
  const std::string request =
      "POST /pay/4711?card=secret HTTP/1.1\r\nAuthorization: secret\r\n\r\n{secret}";
  EXPECT_EQ(asked(Cause::upstream, request), "POST /pay/{}");
  EXPECT_EQ(asked(Cause::upstream, "GET /token/secretsecretsecret HTTP/1.1\r\n", 20),
            "GET /token/…");
  EXPECT_EQ(asked(Cause::upstream, "PASS /secret"), "");
  // A search engine that its configuration calls a database.
  EXPECT_EQ(asked(Cause::database, "GET /index/_search HTTP/1.1\r\n\r\n"), "GET /index/_search");
}

TEST_F(DecodeQuestion, ReadsDnsQueries)
{
  const std::string header =
      big_endian(4711, 2) + big_endian(0x0100, 2) + big_endian(1, 2) + std::string(6, '\0');
  const std::string query =
      header + zero_ended("\3api\7example") + big_endian(28, 2) + big_endian(1, 2);
  EXPECT_EQ(asked(Cause::dns, query), "AAAA api.example");
  EXPECT_EQ(asked(Cause::dns, big_endian(query.size(), 2) + query), "AAAA api.example");
  EXPECT_EQ(asked(Cause::dns, query, query.size() - 1), "");
}

TEST_F(DecodeQuestion, ReadsTheNameInATlsHandshake)
{
  const std::string name = "api.example";
  const std::string server_name = big_endian(0, 2) + big_endian(name.size() + 5, 2) +
                                  big_endian(name.size() + 3, 2) + '\0' +
                                  big_endian(name.size(), 2) + name;
  const std::string hello = big_endian(0x0303, 2) + std::string(32, 'r') + '\0' + big_endian(2, 2) +
                            "cc" + "\1" + '\0' + big_endian(server_name.size(), 2) + server_name;
  const std::string record = "\x16" + big_endian(0x0301, 2) + big_endian(hello.size() + 4, 2) +
                             "\1" + big_endian(hello.size(), 3) + hello;
  EXPECT_EQ(asked(Cause::upstream, record), "TLS handshake with api.example");
  EXPECT_EQ(asked(Cause::database, record, 60), "TLS handshake");
}

TEST_F(DecodeQuestion, RefusesNumbersThatAreCut)
{
  // One byte behind the query; then a packet's length, and a DNS header, in the middle.
  const std::string close = packet(0x19, std::string(4, '\1'));
  for (const std::string &rest : { std::string("g"), std::string("g\x12"), std::string("g\x12\1") })
    EXPECT_EQ(asked(Cause::database, close + rest), "");
  for (const std::size_t captured : { 1U, 5U, 8U, 9U, 11U })
    EXPECT_EQ(asked(Cause::dns, std::string("\x12\x34\1\0\0\1\0\0\0\0\0\0", 12), captured), "");
}

TEST_F(DecodeQuestion, RefusesWhatItDoesNotKnow)
{
  for (const Cause cause : { Cause::database, Cause::cache, Cause::upstream, Cause::dns }) {
    EXPECT_EQ(asked(cause, ""), "");
    EXPECT_EQ(asked(cause, "secret"), "");
    EXPECT_EQ(asked(cause, std::string(64, '\x17')), "");
  }
}

} // namespace
} // namespace linger::decode
