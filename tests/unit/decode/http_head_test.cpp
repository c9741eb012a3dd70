#include "decode/http_head.h"

#include <gtest/gtest.h>
#include <string_view>

namespace linger::decode {
namespace {

auto request_line(std::string_view text)
{
  return decode_request_line(std::as_bytes(std::span(text)));
}

auto response_head(std::string_view text, std::string_view method = "GET")
{
  return decode_response_head(std::as_bytes(std::span(text)), method);
}

TEST(RequestLine, IsMethodAndPath)
{
  const auto line = request_line("GET /catalogue/7 HTTP/1.1\r\nHost: shop\r\n\r\n");

  ASSERT_TRUE(line);
  EXPECT_EQ(line->method, "GET");
  EXPECT_EQ(line->path, "/catalogue/7");
  EXPECT_FALSE(line->truncated);
}

TEST(RequestLine, NeverHoldsTheQuery)
{
  EXPECT_EQ(request_line("GET /login?password=x HTTP/1.1\r\n")->path, "/login");
  EXPECT_EQ(request_line("GET /login?password=x")->path, "/login"); // cut inside
  EXPECT_EQ(request_line("GET /a#b HTTP/1.0\r\n")->path, "/a");
  EXPECT_EQ(request_line("GET http://u:secret@host/p?q HTTP/1.1\r\n")->path, "/p");
  EXPECT_EQ(request_line("GET http://host?q=1 HTTP/1.1\r\n")->path, "/");
}

TEST(RequestLine, NeverHoldsTheAuthorityThatConnectNames)
{
  const auto line = request_line("CONNECT jane:secret@host:443 HTTP/1.1\r\n");

  ASSERT_TRUE(line);
  EXPECT_EQ(line->method, "CONNECT");
  EXPECT_EQ(line->path, "/");
}

TEST(RequestLine, PassesOverEmptyLinesBeforeIt)
{
  EXPECT_EQ(request_line("\r\n\r\nGET / HTTP/1.1\r\n")->path, "/");
}

TEST(RequestLine, TellsThatItWasCut)
{
  const auto line = request_line("POST /a/very/long/pa");

  ASSERT_TRUE(line);
  EXPECT_EQ(line->path, "/a/very/long/pa");
  EXPECT_TRUE(line->truncated);
  EXPECT_TRUE(line->path_truncated);
}

TEST(RequestLine, TellsWhetherItsPathIsWhole)
{
  EXPECT_TRUE(request_line("GET /path?a=b")->truncated);
  EXPECT_FALSE(request_line("GET /path?a=b")->path_truncated);
  EXPECT_FALSE(request_line("GET /path HTTP/1.1\r\n")->path_truncated);
}

TEST(RequestLine, OfAnyOtherProtocolIsNone)
{
  for (const char *bytes : { "", " ", "GET", "get / HTTP/1.1\r\n", "GET / FTP/1.0\r\n", "GET /\r\n",
                             "\x16\x03\x01\x02", "*1\r\n$4\r\nPING\r\n", "GET  HTTP/1.1\r\n",
                             "SSH-2.0-OpenSSH\r\n", "GET relative HTTP/1.1\r\n", "- / HTTP/1.1\r\n",
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\n" })
    EXPECT_FALSE(request_line(bytes)) << bytes;
}

TEST(RequestLine, ShowsBytesThatAreNotPrintable)
{
  EXPECT_EQ(request_line("GET /\x1b[31m\xc3 HTTP/1.1\r\n")->path, "/%1B[31m%C3");
}

TEST(RequestLine, KeepsTheAsteriskForm)
{
  EXPECT_EQ(request_line("OPTIONS * HTTP/1.1\r\n")->path, "*");
}

TEST(RequestLine, CutAnywhereIsNoCrash)
{
  constexpr std::string_view whole = "DELETE /cart/17?item=3 HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto line = request_line(whole.substr(0, size));
    if (line) {
      EXPECT_EQ(line->path.find("item"), std::string::npos);
    }
  }
}

TEST(FindRequestLine, FindsTheOneBehindTheRestOfABody)
{
  constexpr std::string_view bytes = "xxxxx a GET xPOST /cart?item=3 HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto line = find_request_line(std::as_bytes(std::span(bytes)));

  ASSERT_TRUE(line);
  EXPECT_EQ(line->method, "POST");
  EXPECT_EQ(line->path, "/cart");
}

TEST(FindRequestLine, FindsNothingInABodyAlone)
{
  for (const std::string_view bytes :
       { "", "only a body", " HTTP/1.", "a HTTP/1.1", "x /p HTTP/1.1\r\n" })
    EXPECT_FALSE(find_request_line(std::as_bytes(std::span(bytes)))) << bytes;
}

TEST(BehindRequest, IsTheNextOne)
{
  const auto behind = [](std::string_view bytes) -> std::optional<std::string> {
    const auto rest = behind_request(std::as_bytes(std::span(bytes)));
    if (!rest)
      return std::nullopt;
    return std::string(reinterpret_cast<const char *>(rest->data()), rest->size());
  };
  EXPECT_EQ(behind("GET /a HTTP/1.1\r\n\r\nGET /b"), "GET /b");
  EXPECT_EQ(behind("PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b"), "GET /b");
  EXPECT_EQ(behind("GET /a HTTP/1.1\r\n\r\n"), "");
  for (const char *bytes :
       { "GET /a HTTP/1.1\r\nHost: x\r\n", "PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
         "PUT /a HTTP/1.1\r\nContent-Length: -3\r\n\r\nab",
         "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" })
    EXPECT_FALSE(behind(bytes)) << bytes;
}

TEST(ResponseHead, HoldsTheStatus)
{
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\n")->status, 200);
  EXPECT_EQ(response_head("HTTP/1.0 503 ")->status, 503);
}

TEST(ResponseHead, TellsHowLongTheResponseIs)
{
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")->total_bytes, 40U);
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\ncontent-length:12\r\nX: y\r\n\r\n")->total_bytes,
            56U);
}

TEST(ResponseHead, DoesNotGuessALengthThatIsNotStated)
{
  for (const char *head : { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", // cut
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
                            // head and body together are more than can be counted
                            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nX-Content-Length: 2\r\n\r\n" })
    EXPECT_FALSE(response_head(head)->total_bytes) << head;
}

TEST(ResponseHead, TellsByWhatItsBodyEnds)
{
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")->body_end,
            BodyEnd::stated);
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")->body_end,
            BodyEnd::chunks);
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\ntransfer-encoding:gzip, Chunked \r\n"
                          "Content-Length: 2\r\n\r\n")
                ->body_end,
            BodyEnd::chunks)
      << "the coding counts more than a length";
  EXPECT_EQ(response_head("HTTP/1.0 200 OK\r\n\r\n")->body_end, BodyEnd::close);
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\nX: y\r\n")->body_end, BodyEnd::unknown)
      << "the rest was not captured";
  EXPECT_EQ(response_head("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n")->body_end,
            BodyEnd::unknown);
}

TEST(ResponseHead, OfAnUpgradeIsAll)
{
  constexpr std::string_view head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n";
  EXPECT_EQ(response_head(head)->total_bytes, head.size());
}

TEST(ResponseHead, OfAResponseWithoutABodyIsAll)
{
  constexpr std::string_view head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
  EXPECT_EQ(response_head(head, "HEAD")->total_bytes, head.size());
  EXPECT_EQ(response_head("HTTP/1.1 304 Not Modified\r\n\r\n")->total_bytes, 29U);
}

TEST(ResponseHead, OfAnythingElseIsNone)
{
  for (const char *bytes : { "", "HTTP/1.1 20", "HTTP/1.1 2x0 OK", "HTTP/1.1 099 OK",
                             "HTTP/2 200 OK!!", "<html>........." })
    EXPECT_FALSE(response_head(bytes)) << bytes;
}

TEST(ResponseHead, MayBeOfCgi)
{
  constexpr std::string_view head = "Status: 404 Not Found\r\nContent-Length: 5\r\n\r\n";
  const auto response = decode_response_head(std::as_bytes(std::span(head)), "GET");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->total_bytes, head.size() + 5);
  constexpr std::string_view cut = "Status: 40";
  EXPECT_FALSE(decode_response_head(std::as_bytes(std::span(cut)), "GET"));
}

} // namespace
} // namespace linger::decode
