#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <zlib.h>

#include <fstream>
#include <memory>
#include <string>

#include "score/grpc_fixture_test.h"
#include "score/raw_frames_test.h"

namespace edgewise::score {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryTells = false;
#else
inline constexpr bool kMemoryTells = true;
#endif

inline std::size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

/// A server with small limits, and clients that mean no good.
class GrpcHostileTest : public GrpcServerTest {
 protected:
  GrpcHostileTest() { BeginWith({}); }
  void BeginWith(GrpcServer::Limits limits) {
    GrpcServer::Options options;
    options.limits = limits;
    options.limits.message_bytes = 1u << 20;
    options.limits.handshake = std::chrono::seconds(3);
    Begin(options);
    ExpectScores();
    before_ = ResidentBytes();
  }
  /// After whatever was done: others are served, and no memory was kept for it.
  void ExpectUnharmed(std::size_t growth = 64u << 20) {
    Connect();
    ExpectScores();
    if (kMemoryTells) {
      EXPECT_LT(ResidentBytes(), before_ + growth);
    }
  }
  std::uint64_t scored() const { return sum_->statistics().success.count; }
  bool Live() const {
    grpc::ClientContext context;
    inference::ServerLiveResponse response;
    return stub_->ServerLive(&context, {}, &response).ok() && response.live();
  }
  std::unique_ptr<RawConnection> Raw(std::string_view settings = {}) const {
    auto connection = std::make_unique<RawConnection>(server_->address());
    EXPECT_TRUE(connection->Send(frames::Preface(settings)));
    return connection;
  }
  /// A call with any bytes as its message.
  grpc::Status Send(const std::string& method, std::string_view message) const {
    grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub(channel_);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice slice(message.data(), message.size());
    const auto call = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(&slice, 1), &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return status;
  }
  static std::string Gzip(const std::string& bytes) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
  }

  std::size_t before_ = 0;
};

}  // namespace edgewise::score
