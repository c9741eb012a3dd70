#include "serve/otlp/channel.h"

#include "serve/address.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <iterator>

namespace linger::serve {
namespace {

constexpr const char *system_authorities = "/etc/ssl/certs/ca-certificates.crt";

bool is_loopback(const std::string &host)
{
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<std::string> authority_in(const std::string &path)
{
  errno = 0;
  std::ifstream file{ path };
  std::string text{ std::istreambuf_iterator<char>{ file }, {} };
  if (!file)
    return failure(Error::Kind::usage, "read the collector's authority " + path + ": " +
                                           std::strerror(errno != 0 ? errno : EIO) +
                                           "; [otlp] tls_ca names another file, insecure = true "
                                           "sends without encryption");
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    return failure(Error::Kind::usage, "the collector's authority " + path + " is no PEM file");
  return text;
}

} // namespace

Result<std::shared_ptr<grpc::Channel>>
open_collector_channel(const std::string &endpoint, bool insecure, const std::string &tls_ca)
{
  const auto address = parse_address(endpoint);
  const auto *host = address ? std::get_if<HostAndPort>(&*address) : nullptr;
  if (!host || host->port == 0)
    return failure(Error::Kind::usage,
                   "[otlp] endpoint \"" + endpoint + "\" is no HOST:PORT, like 127.0.0.1:4317");
  if (insecure && !tls_ca.empty())
    return failure(Error::Kind::usage,
                   "[otlp] has both insecure = true and a tls_ca: one of them has no meaning");

  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!insecure && (!tls_ca.empty() || !is_loopback(host->host))) {
    Result<std::string> authority = authority_in(tls_ca.empty() ? system_authorities : tls_ca);
    if (!authority)
      return tl::unexpected(authority.error());
    credentials = grpc::SslCredentials({ .pem_root_certs = std::move(*authority) });
  }
  grpc::ChannelArguments arguments;
  // What is sent says how this host fares; a proxy that the environment names is not asked.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 10'000);
  return grpc::CreateCustomChannel(host->text(), credentials, arguments);
}

} // namespace linger::serve
