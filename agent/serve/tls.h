// Encryption between agents and those who ask them from other hosts. Both sides show a certificate
// that the authority of the other one has signed.

#pragma once

#include "base/result.h"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <memory>
#include <string>

namespace linger::serve {

/// Paths of PEM files. They are read again within a few seconds after they were replaced:
/// connections that exist go on, new ones get the new certificate.
struct TlsFiles {
  std::string certificate; // of this side, with what is between it and the authority
  std::string key;
  std::string authority; // whose signature the other side's certificate must have

  [[nodiscard]] bool given() const
  {
    return !certificate.empty() || !key.empty() || !authority.empty();
  }
};

/// Both fail as `usage`, naming the file, where one of the three is not named, cannot be read or is
/// no PEM.
[[nodiscard]] Result<std::shared_ptr<grpc::ServerCredentials>>
server_credentials(const TlsFiles &files);
/// The server must be who its address says: the certificate names the host.
[[nodiscard]] Result<std::shared_ptr<grpc::ChannelCredentials>>
channel_credentials(const TlsFiles &files);

} // namespace linger::serve
