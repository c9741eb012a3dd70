#include "serve/status.h"

#include "serve/escape.h"

namespace linger::serve {
namespace {

grpc::StatusCode code_of(Error::Kind kind)
{
  switch (kind) {
    case Error::Kind::usage:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case Error::Kind::not_found:
      return grpc::StatusCode::NOT_FOUND;
    case Error::Kind::not_permitted:
      return grpc::StatusCode::PERMISSION_DENIED;
    case Error::Kind::not_supported:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case Error::Kind::exhausted:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case Error::Kind::malformed:
      return grpc::StatusCode::DATA_LOSS;
    case Error::Kind::internal:
      return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

Error::Kind kind_of(grpc::StatusCode code)
{
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return Error::Kind::usage;
    case grpc::StatusCode::NOT_FOUND:
      return Error::Kind::not_found;
    case grpc::StatusCode::PERMISSION_DENIED:
      return Error::Kind::not_permitted;
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::UNIMPLEMENTED: // an agent older than this client
      return Error::Kind::not_supported;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
      return Error::Kind::exhausted;
    case grpc::StatusCode::DATA_LOSS:
      return Error::Kind::malformed;
    default:
      return Error::Kind::internal;
  }
}

} // namespace

grpc::Status to_status(const Error &error)
{
  return { code_of(error.kind), valid_utf8(error.what) };
}

Error from_status(const grpc::Status &status)
{
  return { kind_of(status.error_code()), printable(status.error_message()) };
}

} // namespace linger::serve
