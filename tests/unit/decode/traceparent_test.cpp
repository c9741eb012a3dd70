#include "decode/traceparent.h"

#include "decode/http_head.h"
#include "decode/mod_wsgi_vars.h"
#include "decode/uwsgi_vars.h"

#include <cstring>
#include <gtest/gtest.h>
#include <span>
#include <string>

namespace linger::decode {
namespace {

const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::span<const std::byte> bytes_of(std::string_view text)
{
  return std::as_bytes(std::span(text));
}

/// As the uwsgi protocol has it.
std::string pair(std::string_view name, std::string_view value)
{
  std::string text;
  for (const std::string_view part : { name, value }) {
    text += static_cast<char>(part.size());
    text += '\0';
    text += part;
  }
  return text;
}

TEST(Traceparent, IsTwoNumbersAndFlags)
{
  const auto context = decode_traceparent(good);

  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id.front(), 0x4b);
  EXPECT_EQ(context->trace_id.back(), 0x36);
  EXPECT_EQ(context->span_id.front(), 0x00);
  EXPECT_EQ(context->span_id.back(), 0xb7);
  EXPECT_EQ(context->flags, 1);
}

TEST(Traceparent, IsRefusedWhereItIsNotAsTheStandardHasIt)
{
  EXPECT_FALSE(decode_traceparent(""));
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(decode_traceparent(good.substr(0, i))) << i;
    std::string wrong = good;
    wrong[i] = 'X';
    EXPECT_FALSE(decode_traceparent(wrong)) << wrong;
  }
  EXPECT_FALSE(decode_traceparent("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
  EXPECT_FALSE(decode_traceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  EXPECT_FALSE(decode_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
  EXPECT_FALSE(decode_traceparent("ff" + good.substr(2)));
  EXPECT_FALSE(decode_traceparent(good + "-more")); // version 00 has no more
}

TEST(Traceparent, OfALaterVersionMayGoOn)
{
  EXPECT_TRUE(decode_traceparent("01" + good.substr(2)));
  EXPECT_TRUE(decode_traceparent("01" + good.substr(2) + "-more"));
  EXPECT_FALSE(decode_traceparent("01" + good.substr(2) + "more"));
}

TEST(Traceparent, IsFoundInTheHeadOfARequestAlone)
{
  const std::string before = "GET /a HTTP/1.1\r\nHost: shop\r\n";
  const auto found = [&](const std::string &rest) {
    return decode_request_line(bytes_of(before + rest))->trace;
  };

  EXPECT_EQ(found("TraceParent: " + good + "\r\n\r\n"), decode_traceparent(good));
  EXPECT_TRUE(found("traceparent:" + good + "\r\nUser-Agent: cu"));
  EXPECT_FALSE(found("traceparent: " + good)); // more of it may have been cut off
  EXPECT_FALSE(found("x-traceparent: " + good + "\r\n\r\n"));
  EXPECT_FALSE(found("\r\ntraceparent: " + good + "\r\n\r\n")); // in the body
  EXPECT_FALSE(found("\r\n"));
}

TEST(Traceparent, IsFoundInWhatProxiesSend)
{
  const std::string uwsgi =
      pair("REQUEST_METHOD", "GET") + pair("REQUEST_URI", "/a") + pair("HTTP_TRACEPARENT", good);
  EXPECT_EQ(decode_uwsgi_vars(bytes_of(uwsgi))->trace, decode_traceparent(good));
  EXPECT_FALSE(decode_uwsgi_vars(bytes_of(uwsgi).first(uwsgi.size() - 1))->trace);

  std::string apache("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  const std::uint64_t size = 200;
  const std::uint64_t count = 6;
  std::memcpy(apache.data(), &size, sizeof size);
  std::memcpy(apache.data() + sizeof size, &count, sizeof count);
  for (const char *text :
       { "HTTP_TRACEPARENT", good.c_str(), "REQUEST_METHOD", "GET", "REQUEST_URI", "/a" })
    apache.append(text, std::strlen(text) + 1);
  const auto line = decode_mod_wsgi_vars(bytes_of(apache));
  ASSERT_TRUE(line);
  EXPECT_EQ(line->trace, decode_traceparent(good));
}

} // namespace
} // namespace linger::decode
