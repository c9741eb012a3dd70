#include "decode/request_decoder.h"

#include "unit/decode/packed_request.h"

#include "wire/request_record.h"

#include <cstring>
#include <gtest/gtest.h>
#include <string_view>
#include <vector>

namespace linger::decode {
namespace {

using namespace std::chrono_literals;

request_record good()
{
  constexpr std::string_view head = "GET /cart?item=3 HTTP/1.1\r\n\r\n";
  request_record record{};
  record.kind = RECORD_REQUEST;
  record.flags = REQUEST_ENDED | REQUEST_FIRST;
  record.tgid = 7;
  record.tid = 8;
  record.sequence = 99;
  record.begin_ns = 1000;
  record.end_ns = 1600;
  record.accept_queue_ns = 300;
  record.event_loop_ns = 100;
  record.spent_ns[CAUSE_ON_CPU] = 200;
  record.spent_ns[CAUSE_DATABASE] = 400;
  record.calls_count[CALLS_DATABASE] = 28;
  record.calls_count[CALLS_DNS] = 1;
  record.opened_count[CALLS_UPSTREAM] = 255;
  record.head_bytes = head.size();
  std::memcpy(record.head, head.data(), head.size());
  constexpr std::string_view response = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n";
  record.sent_bytes = response.size();
  record.response_bytes = response.size();
  std::memcpy(record.response, response.data(), response.size());
  return record;
}

TEST(DecodeRequest, TurnsWireFieldsIntoDomainWords)
{
  const auto request = decode_request(packed(good()));

  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->path, "/cart");
  EXPECT_EQ(request->status, 404);
  EXPECT_EQ(request->sequence, 99U);
  EXPECT_TRUE(request->ended);
  EXPECT_FALSE(request->thread_died);
  EXPECT_EQ(request->times[domain::Cause::database], 400ns);
  EXPECT_EQ(request->calls, (domain::Calls{ .database = 28, .dns = 1 }));
  EXPECT_EQ(request->opened, (domain::Calls{ .upstream = 255 }));
}

TEST(DecodeRequest, BeginsWhenTheHandshakeWasComplete)
{
  const auto request = decode_request(packed(good()));

  EXPECT_EQ(request->window.length(), 1000ns);
  EXPECT_EQ(request->times.wall(), 1000ns);
  EXPECT_EQ(request->times[domain::Cause::accept_queue], 300ns);
  EXPECT_EQ(request->times[domain::Cause::event_loop], 100ns);
}

TEST(DecodeRequest, ReadsThePairsOfAUwsgiPacket)
{
  constexpr std::string_view head("\x0e\0REQUEST_METHOD\x03\0PUT\x0b\0REQUEST_URI\x04\0/a?b", 40);
  request_record record = good();
  record.flags |= REQUEST_UWSGI;
  record.head_bytes = head.size();
  std::memcpy(record.head, head.data(), head.size());

  const auto request = decode_request(packed(record));

  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(request->method, "PUT");
  EXPECT_EQ(request->path, "/a");
  EXPECT_EQ(request->status, 404);
}

TEST(DecodeRequest, TellsWhetherItsTransactionStayedOpen)
{
  request_record record = good();
  EXPECT_FALSE(decode_request(packed(record))->transaction_open);
  record.flags |= REQUEST_TRANSACTION_OPEN;
  EXPECT_TRUE(decode_request(packed(record))->transaction_open);
}

TEST(DecodeRequest, RejectsEverySizeButItsOwn)
{
  const auto bytes = packed(good());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_request(std::span(bytes).first(size))) << size;
  auto longer = bytes;
  longer.push_back(std::byte{ 0 });
  EXPECT_FALSE(decode_request(longer));
}

TEST(DecodeRequest, RejectsMoreHeadBytesThanThereAre)
{
  auto bytes = packed(good());
  const std::uint16_t claimed = 40'000;
  std::memcpy(bytes.data() + offsetof(request_record, head_bytes), &claimed, sizeof claimed);

  EXPECT_EQ(decode_request(bytes).error().kind, Error::Kind::malformed);
}

TEST(DecodeRequest, RejectsTimesThatContradictEachOther)
{
  request_record backwards = good();
  backwards.end_ns = 900;
  EXPECT_FALSE(decode_request(packed(backwards)));

  request_record unaccounted = good();
  unaccounted.spent_ns[CAUSE_ON_CPU] = 1;
  EXPECT_FALSE(decode_request(packed(unaccounted)));
}

TEST(DecodeRequest, RejectsTimesThatNoClockShows)
{
  request_record after_all_time = good();
  after_all_time.begin_ns += 1ULL << 63;
  after_all_time.end_ns += 1ULL << 63;
  EXPECT_FALSE(decode_request(packed(after_all_time)));

  request_record before_boot = good();
  before_boot.accept_queue_ns = before_boot.begin_ns;
  EXPECT_FALSE(decode_request(packed(before_boot)));

  // They add up, but only because they wrap around.
  request_record wrapped = good();
  wrapped.spent_ns[CAUSE_ON_CPU] += 1ULL << 63;
  wrapped.spent_ns[CAUSE_LOCK] += 1ULL << 63;
  EXPECT_FALSE(decode_request(packed(wrapped)));
}

TEST(DecodeRequest, KnowsAWholeResponseFromItsLength)
{
  request_record record = good();
  record.flags = 0;
  EXPECT_FALSE(decode_request(packed(record))->ended);
  record.sent_bytes += 5;
  EXPECT_TRUE(decode_request(packed(record))->ended);
}

void respond_with(request_record &record, std::string_view response)
{
  record.flags = 0;
  record.sent_bytes = response.size();
  record.response_bytes = static_cast<std::uint16_t>(response.size());
  std::memcpy(record.response, response.data(), response.size());
}

TEST(DecodeRequest, WaitsForTheLastChunk)
{
  request_record record = good();
  respond_with(record, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_FALSE(decode_request(packed(record))->ended);
  EXPECT_TRUE(decode_request(packed(record))->streaming);

  record.flags = REQUEST_TAIL_UNSEEN;
  EXPECT_FALSE(decode_request(packed(record))->ended);
  EXPECT_FALSE(decode_request(packed(record))->streaming);

  record.flags = REQUEST_LAST_CHUNK;
  EXPECT_TRUE(decode_request(packed(record))->ended);
  EXPECT_FALSE(decode_request(packed(record))->streaming);
}

TEST(DecodeRequest, WaitsForTheEndOfTheConnectionWhereNothingElseIsStated)
{
  request_record record = good();
  respond_with(record, "HTTP/1.0 200 OK\r\n\r\n");
  record.flags = REQUEST_LAST_CHUNK; // a body that happens to end so
  EXPECT_FALSE(decode_request(packed(record))->ended);
  EXPECT_TRUE(decode_request(packed(record))->streaming);

  record.flags |= REQUEST_ENDED;
  EXPECT_TRUE(decode_request(packed(record))->ended);
  EXPECT_FALSE(decode_request(packed(record))->streaming);
}

TEST(DecodeRequest, FindsARequestBehindThoseThatCameAlong)
{
  constexpr std::string_view heads = "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HT";
  request_record record = good();
  record.head_bytes = heads.size();
  std::memcpy(record.head, heads.data(), heads.size());
  record.pipelined_count = 2;
  const auto third = decode_request(packed(record));
  EXPECT_TRUE(third->pipelined);
  EXPECT_EQ(third->path, "/c");

  record.pipelined_count = 3;
  EXPECT_EQ(decode_request(packed(record))->method, "-") << "it is not among what was kept";
}

TEST(DecodeRequest, SaysWhatIsCertainOfAPathThatWasCut)
{
  constexpr std::string_view head = "GET /shop/item/bas";
  request_record record = good();
  record.head_bytes = head.size();
  std::memcpy(record.head, head.data(), head.size());
  const auto request = decode_request(packed(record));

  EXPECT_TRUE(request->truncated);
  EXPECT_EQ(request->path, "/shop/item/...");
  EXPECT_FALSE(decode_request(packed(good()))->truncated);
}

TEST(DecodeRequest, RejectsMoreResponseBytesThanThereAre)
{
  request_record record = good();
  record.response_bytes = RESPONSE_HEAD_BYTES + 1;
  EXPECT_FALSE(decode_request(packed(record)));
}

TEST(DecodeRequest, RejectsACauseThatThereIsNot)
{
  auto bytes = packed(good());
  const std::uint32_t causes = 1U << (CAUSE_COUNT + 1);
  std::memcpy(bytes.data() + offsetof(request_record, causes), &causes, sizeof causes);

  EXPECT_EQ(decode_request(bytes).error().kind, Error::Kind::malformed);
}

TEST(DecodeRequest, FindsALaterRequestBehindTheRestOfABody)
{
  constexpr std::string_view head = "bodyGET /next HTTP/1.1\r\n\r\n";
  request_record record = good();
  record.head_bytes = head.size();
  std::memcpy(record.head, head.data(), head.size());
  EXPECT_EQ(decode_request(packed(record))->method, "-") << "the first has nothing before it";

  record.flags = REQUEST_ENDED;
  const auto request = decode_request(packed(record));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->path, "/next");
}

TEST(DecodeRequest, KeepsNothingOfBytesThatAreNoRequest)
{
  request_record record = good();
  std::memcpy(record.head, "AUTH hunter2 ....", 17);
  const auto request = decode_request(packed(record));

  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "-");
  EXPECT_EQ(request->path, "");
}

TEST(DecodeRequest, TellsWhatOfTheRunQueueWasThrottled)
{
  request_record record = good();
  record.spent_ns[CAUSE_RUN_QUEUE] = 50;
  record.end_ns += 50;
  EXPECT_EQ(decode_request(packed(record))->throttled, domain::Nanos{ 0 });
  record.throttled_ns = 50;
  EXPECT_EQ(decode_request(packed(record))->throttled, domain::Nanos{ 50 });
  record.throttled_ns = 51;
  EXPECT_FALSE(decode_request(packed(record)));
}

} // namespace
} // namespace linger::decode
