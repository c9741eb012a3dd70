#include "decode/question.h"

#include "decode/dns_question.h"
#include "decode/http_question.h"
#include "decode/memcached_question.h"
#include "decode/mysql_question.h"
#include "decode/postgresql_question.h"
#include "decode/redis_question.h"
#include "decode/tls_hello.h"

namespace linger::decode {
namespace {

std::optional<std::string> of_cause(domain::Cause cause, const Question &question,
                                    PreparedStatements &prepared)
{
  std::optional<std::string> text;
  switch (cause) {
    case domain::Cause::database:
      text = postgresql_question(question, prepared);
      return text ? text : mysql_question(question);
    case domain::Cause::cache:
      text = redis_question(question);
      return text ? text : memcached_question(question);
    case domain::Cause::dns:
      return dns_question(question);
    default:
      return std::nullopt;
  }
}

} // namespace

std::string decode_question(domain::Cause cause, const Question &question,
                            PreparedStatements &prepared)
{
  if (question.bytes.empty())
    return {};
  if (std::optional<std::string> text = tls_hello(question))
    return *text;
  if (std::optional<std::string> text = of_cause(cause, question, prepared))
    return *text;
  // Some databases and caches speak it too.
  return http_question(question).value_or(std::string{});
}

} // namespace linger::decode
