#include "base/result.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace linger {
namespace {

Error::Kind kind_of(int err)
{
  switch (err) {
    case EPERM:
    case EACCES:
      return Error::Kind::not_permitted;
    case ENOENT:
      return Error::Kind::not_found;
    case EOPNOTSUPP:
    case ENOSYS:
    case ESRCH: // libbpf: the kernel's BTF has no such attach point
      return Error::Kind::not_supported;
    case ENOMEM:
    case ENOSPC:
    case E2BIG:
    case EMFILE:
      return Error::Kind::exhausted;
    default:
      return Error::Kind::internal;
  }
}

} // namespace

tl::unexpected<Error> failure(Error::Kind kind, std::string what)
{
  return tl::unexpected(Error{ kind, std::move(what) });
}

tl::unexpected<Error> failed(std::string_view doing, int err)
{
  err = std::abs(err);
  return failure(kind_of(err), std::string(doing) + ": " + std::strerror(err));
}

tl::unexpected<Error> because(std::string_view doing, const Error &error)
{
  return failure(error.kind, std::string(doing) + ": " + error.what);
}

} // namespace linger
