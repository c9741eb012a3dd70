#include "serve/tls.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <iterator>

namespace linger::serve {
namespace {

namespace experimental = grpc::experimental;

constexpr unsigned look_again_s = 2;

/// gRPC says only in its own log what is wrong with a file, and goes on without it.
Result<> check(const std::string &path, const std::string &what, const std::string &option)
{
  if (path.empty())
    return failure(Error::Kind::usage,
                   "TLS needs a certificate, its key and the authority's certificate: " + option +
                       " is missing");
  errno = 0;
  std::ifstream file{ path };
  const std::string text{ std::istreambuf_iterator<char>{ file }, {} };
  if (!file)
    return failure(Error::Kind::usage,
                   "read " + what + " " + path + ": " + std::strerror(errno != 0 ? errno : EIO));
  if (text.find("-----BEGIN ") == std::string::npos)
    return failure(Error::Kind::usage, what + " " + path + " is no PEM file");
  return {};
}

Result<std::shared_ptr<experimental::CertificateProviderInterface>>
provider_of(const TlsFiles &files)
{
  for (const auto &checked : { check(files.certificate, "the certificate", "--tls-cert"),
                               check(files.key, "the key", "--tls-key"),
                               check(files.authority, "the authority's certificate", "--tls-ca") })
    if (!checked)
      return tl::unexpected(checked.error());
  return std::make_shared<experimental::FileWatcherCertificateProvider>(
      files.key, files.certificate, files.authority, look_again_s);
}

} // namespace

Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const TlsFiles &files)
{
  const auto provider = provider_of(files);
  if (!provider)
    return tl::unexpected(provider.error());
  experimental::TlsServerCredentialsOptions options{ *provider };
  options.watch_identity_key_cert_pairs();
  options.watch_root_certs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  // A client is told by its signature; from which host it comes is its own affair.
  options.set_certificate_verifier(std::make_shared<experimental::NoOpCertificateVerifier>());
  options.set_check_call_host(false);
  return experimental::TlsServerCredentials(options);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials(const TlsFiles &files)
{
  const auto provider = provider_of(files);
  if (!provider)
    return tl::unexpected(provider.error());
  experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(*provider);
  options.watch_identity_key_cert_pairs();
  options.watch_root_certs();
  return experimental::TlsCredentials(options);
}

} // namespace linger::serve
