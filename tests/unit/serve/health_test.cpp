// gRPC's own services, asked in raw bytes: Debian ships no generated code for them.

#include "unit/serve/served_test.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

class HealthTest : public ServedTest {
protected:
  /// One call of any kind: sends one message and reads one at a time.
  class RawCall {
  public:
    RawCall(const std::string &address, const std::string &method, const std::string &message)
        : stub_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))
    {
      context_.set_deadline(std::chrono::system_clock::now() + 20s);
      call_ = stub_.PrepareCall(&context_, method, &queue_);
      call_->StartCall(this);
      EXPECT_TRUE(wait());
      const grpc::Slice slice(message);
      call_->Write(grpc::ByteBuffer(&slice, 1), this);
      EXPECT_TRUE(wait());
    }

    std::string read()
    {
      grpc::ByteBuffer buffer;
      call_->Read(&buffer, this);
      if (!wait())
        return "(ended)";
      grpc::Slice slice;
      EXPECT_TRUE(buffer.DumpToSingleSlice(&slice).ok());
      return { reinterpret_cast<const char *>(slice.begin()), slice.size() };
    }

    ~RawCall()
    {
      context_.TryCancel();
      grpc::Status status;
      call_->Finish(&status, this);
      (void)wait();
      queue_.Shutdown();
    }

  private:
    bool wait()
    {
      void *tag = nullptr;
      bool ok = false;
      return queue_.Next(&tag, &ok) && ok;
    }

    grpc::GenericStub stub_;
    grpc::ClientContext context_;
    grpc::CompletionQueue queue_;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  };

  /// A message with one string in field `number`.
  static std::string message_with(int number, const std::string &text)
  {
    return std::string{ static_cast<char>(number << 3 | 2), static_cast<char>(text.size()) } + text;
  }

  static constexpr const char *check = "/grpc.health.v1.Health/Check";
  const std::string serving{ '\x08', '\x01' };
  const std::string not_serving{ '\x08', '\x02' };
};

TEST_F(HealthTest, ServesTheWholeAndTheService)
{
  EXPECT_EQ(RawCall(address(), check, "").read(), serving);
  EXPECT_EQ(RawCall(address(), check, message_with(1, "linger.v1.Diagnostics")).read(), serving);
  EXPECT_EQ(RawCall(address(), check, message_with(1, "linger.v1.Other")).read(), "(ended)");
}

TEST_F(HealthTest, TellsThoseWhoWatchBeforeItStops)
{
  RawCall watch(address(), "/grpc.health.v1.Health/Watch",
                message_with(1, "linger.v1.Diagnostics"));
  EXPECT_EQ(watch.read(), serving);
  std::jthread stopping([&] { server_->stop(); });
  EXPECT_EQ(watch.read(), not_serving);
}

TEST_F(HealthTest, ReflectsItsServices)
{
  RawCall reflection(address(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                     message_with(7, "*"));
  const std::string services = reflection.read();
  EXPECT_NE(services.find("linger.v1.Diagnostics"), std::string::npos);
  EXPECT_NE(services.find("grpc.health.v1.Health"), std::string::npos);
}

} // namespace
} // namespace linger::serve
