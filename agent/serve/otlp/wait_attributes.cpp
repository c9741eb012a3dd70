#include "serve/otlp/wait_attributes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace linger::serve {
namespace {

using domain::Cause;

struct Halves {
  std::string_view before;
  std::string_view behind; // without the separator; empty where there is none
};

Halves split(std::string_view text, std::string_view separator)
{
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos)
    return { text, {} };
  return { text.substr(0, at), text.substr(at + separator.size()) };
}

std::int64_t number_in(std::string_view text)
{
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

/// "127.0.0.1:5432 (postgresql)", "[::1]:443 (TLS)", "unix:/run/redis.sock".
void describe_peer(std::string_view what, OtlpAttributes &attributes)
{
  static constexpr std::array<std::string_view, 5> databases{ "postgresql", "mysql", "redis",
                                                              "memcached", "mongodb" };
  const auto [address, remark] = split(what, " (");
  const std::string_view name = split(remark, ")").before;
  if (std::ranges::find(databases, name) != databases.end())
    set_attribute(attributes, "db.system.name", name);
  const std::size_t colon = address.rfind(':');
  if (address.starts_with("unix:")) {
    set_attribute(attributes, "server.address", address.substr(5));
  } else if (colon != std::string_view::npos) {
    std::string_view host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
      host = host.substr(1, host.size() - 2);
    set_attribute(attributes, "server.address", host);
    if (const std::int64_t port = number_in(address.substr(colon + 1)); port != 0)
      set_attribute(attributes, "server.port", port);
  }
}

/// "shop/checkout.py:31 in charge".
void describe_code(std::string_view code, OtlpAttributes &attributes)
{
  const auto [place, function] = split(code, " in ");
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos)
    return;
  set_attribute(attributes, "code.file.path", place.substr(0, colon));
  if (const std::int64_t line = number_in(place.substr(colon + 1)); line != 0)
    set_attribute(attributes, "code.line.number", line);
  set_attribute(attributes, "code.function.name", function);
}

void describe_statement(const domain::Wait &wait, OtlpAttributes &attributes)
{
  const auto [first, rest] = split(wait.statement, " ");
  switch (wait.cause) {
    case Cause::database:
    case Cause::cache:
      set_attribute(attributes, "db.operation.name", first);
      set_attribute(attributes, "db.query.text", wait.statement);
      break;
    case Cause::upstream:
      set_attribute(attributes, "http.request.method", first);
      set_attribute(attributes, "url.template", rest);
      break;
    case Cause::dns:
      set_attribute(attributes, "dns.question.name", rest);
      break;
    default:
      break;
  }
}

} // namespace

bool asks_another(const domain::Wait &wait)
{
  return wait.cause == Cause::database || wait.cause == Cause::cache ||
         wait.cause == Cause::upstream || wait.cause == Cause::dns;
}

std::string name_of_wait(const domain::Wait &wait)
{
  if (wait.statement.empty() || !asks_another(wait) || wait.cause == Cause::dns)
    return std::string{ name_of(wait.cause) };
  if (wait.cause == Cause::upstream)
    return wait.statement;
  return std::string{ split(wait.statement, " ").before };
}

void describe(const domain::Wait &wait, OtlpAttributes &attributes)
{
  set_attribute(attributes, "linger.cause", name_of(wait.cause));
  set_attribute(attributes, "linger.waited_on", wait.what);
  set_attribute(attributes, "thread.id", std::int64_t{ wait.tid });
  if (wait.held_loop)
    set_attribute(attributes, "linger.held_loop", std::int64_t{ 1 });
  if (asks_another(wait))
    describe_peer(wait.what, attributes);
  describe_statement(wait, attributes);
  describe_code(wait.code, attributes);
}

} // namespace linger::serve
