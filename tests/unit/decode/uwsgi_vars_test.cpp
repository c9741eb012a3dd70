#include "decode/uwsgi_vars.h"

#include "decode/http_head.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace linger::decode {
namespace {

std::string pair(std::string_view name, std::string_view value)
{
  std::string bytes;
  for (const std::string_view text : { name, value }) {
    bytes += static_cast<char>(text.size() & 0xff);
    bytes += static_cast<char>(text.size() >> 8);
    bytes += text;
  }
  return bytes;
}

auto decoded(std::string_view bytes)
{
  return decode_uwsgi_vars(std::as_bytes(std::span(bytes)));
}

/// In nginx's order, with the query string as the kernel side leaves it when it is not the first.
const std::string from_nginx = pair("REQUEST_METHOD", "POST") + pair("CONTENT_TYPE", "text/plain") +
                               pair("CONTENT_LENGTH", "5") +
                               pair("REQUEST_URI", "/cart/7?token=secret") +
                               pair("PATH_INFO", "/cart/7") + pair("HTTP_HOST", "shop");

TEST(UwsgiVars, HoldMethodAndPath)
{
  const auto line = decoded(from_nginx);

  ASSERT_TRUE(line);
  EXPECT_EQ(line->method, "POST");
  EXPECT_EQ(line->path, "/cart/7");
  EXPECT_FALSE(line->truncated);
}

TEST(UwsgiVars, CutAnywhereTellAPartOfThePathOrNothing)
{
  const std::size_t uri_begin = from_nginx.find("/cart");
  for (std::size_t size = 0; size <= from_nginx.size(); ++size) {
    const auto line = decoded(std::string_view(from_nginx).substr(0, size));
    if (size < uri_begin + 1) {
      EXPECT_FALSE(line) << size;
      continue;
    }
    ASSERT_TRUE(line) << size;
    EXPECT_EQ(line->method, "POST");
    EXPECT_TRUE(std::string_view("/cart/7").starts_with(line->path)) << size;
    const bool is_whole = size >= uri_begin + std::string_view("/cart/7?token=secret").size();
    EXPECT_EQ(line->truncated, !is_whole) << size;
  }
}

TEST(UwsgiVars, NeverTellTheQuery)
{
  const auto line = decoded(pair("QUERY_STRING", "token=secret") + pair("REQUEST_METHOD", "GET") +
                            pair("REQUEST_URI", "http://jane:secret@shop/a?token=secret"));

  ASSERT_TRUE(line);
  EXPECT_EQ(line->path, "/a");
}

TEST(UwsgiVars, TakeTheDecodedPathWhereThereIsNoOther)
{
  const auto line = decoded(pair("PATH_INFO", "/a b?c\xc3") + pair("REQUEST_METHOD", "GET"));

  ASSERT_TRUE(line);
  EXPECT_EQ(line->path, "/a%20b%3Fc%C3");
  EXPECT_EQ(
      decoded(pair("REQUEST_METHOD", "GET") + pair("REQUEST_URI", "") + pair("PATH_INFO", "/b"))
          ->path,
      "/b");
}

TEST(UwsgiVars, AreNotMadeUp)
{
  EXPECT_FALSE(decoded(""));
  EXPECT_FALSE(decoded(pair("REQUEST_METHOD", "GET")));
  EXPECT_FALSE(decoded(pair("REQUEST_URI", "/a")));
  EXPECT_FALSE(decoded(pair("REQUEST_METHOD", "-") + pair("REQUEST_URI", "/a")));
  EXPECT_FALSE(decoded(pair("REQUEST_METHOD", "get it") + pair("REQUEST_URI", "/a")));
  EXPECT_FALSE(decoded(pair("REQUEST_METHOD", "GET") + pair("REQUEST_URI", "shop:443")));
  EXPECT_FALSE(decoded("GET /a HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(decoded(std::string(256, '\0')));
  EXPECT_FALSE(decoded(std::string(256, '\xff')));
}

} // namespace
} // namespace linger::decode
