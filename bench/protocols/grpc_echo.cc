// The yardstick of gRPC: what the same library does when nothing is behind it.
//   edgewise_bench_grpc echo ADDRESS:PORT       answers ModelInfer with the bytes it got, by one thread on a completion queue; prints
//                                               "ready"; ends when standard input does
//   edgewise_bench_grpc callback ADDRESS:PORT   the same by the library's callbacks and threads
//   edgewise_bench_grpc call ADDRESS:PORT FILE  sends the bytes of FILE to ModelInfer once; prints the status and the reply's size
// Without a generated class: ModelInfer is registered with raw bytes, as generated code would for a method marked raw.
#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/method_handler.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

namespace edgewise::bench {
namespace {

constexpr const char* kMethod = "/inference.GRPCInferenceService/ModelInfer";

/// Serves until standard input ends.
int Serve(const std::string& address, grpc::Service& service, const std::function<void(grpc::ServerBuilder&)>& prepare,
          const std::function<void()>& started, const std::function<void()>& ended) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  prepare(builder);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  started();
  fmt::print("ready\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
  server->Shutdown();
  ended();
  return 0;
}

/// The service owns its methods.
grpc::internal::RpcServiceMethod* ModelInfer() {
  return new grpc::internal::RpcServiceMethod(kMethod, grpc::internal::RpcMethod::NORMAL_RPC, nullptr);
}

/// A client that hung up before its message leaves no bytes, and the library aborts on sending none.
grpc::Status Copy(const grpc::ByteBuffer& request, grpc::ByteBuffer& reply) {
  if (!request.Valid()) return {grpc::StatusCode::CANCELLED, "no message"};
  reply = request;
  return grpc::Status::OK;
}

class CallbackEcho final : public grpc::Service {
 public:
  CallbackEcho() {
    AddMethod(ModelInfer());
    MarkMethodRawCallback(0, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                                 [](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* reply) {
                                   auto* reactor = context->DefaultReactor();
                                   reactor->Finish(Copy(*request, *reply));
                                   return reactor;
                                 }));
  }
};

/// One thread on one completion queue, calls waiting in advance: what a server that wants one core's most would do.
class QueueEcho final : public grpc::Service {
 public:
  QueueEcho() {
    AddMethod(ModelInfer());
    MarkMethodRaw(0);
  }
  void Prepare(grpc::ServerBuilder& builder) { queue_ = builder.AddCompletionQueue(); }
  void Start() {
    for (int i = 0; i < 64; ++i) Wait();
    thread_ = std::jthread([this] { Loop(); });
  }
  void End() {
    queue_->Shutdown();
    thread_.join();
  }

 private:
  struct Slot {
    grpc::ServerContext context;
    grpc::ByteBuffer request;
    grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> responder{&context};
    bool answered = false;
  };

  void Wait() {
    auto* slot = new Slot;  // the queue hands it back, to be deleted there
    RequestAsyncUnary(0, &slot->context, &slot->request, &slot->responder, queue_.get(), queue_.get(), slot);
  }
  void Loop() {
    void* tag = nullptr;
    bool whole = false;
    while (queue_->Next(&tag, &whole)) {
      std::unique_ptr<Slot> slot(static_cast<Slot*>(tag));
      if (slot->answered || !whole) continue;
      Wait();
      grpc::ByteBuffer reply;
      const auto status = Copy(slot->request, reply);
      slot->answered = true;
      auto& responder = slot->responder;
      if (status.ok()) {
        responder.Finish(reply, status, slot.release());
      } else {
        responder.FinishWithError(status, slot.release());
      }
    }
  }

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::jthread thread_;
};

int EchoByCallback(const std::string& address) {
  CallbackEcho echo;
  return Serve(address, echo, [](auto&) {}, [] {}, [] {});
}

int EchoByQueue(const std::string& address) {
  QueueEcho echo;
  return Serve(address, echo, [&](auto& builder) { echo.Prepare(builder); }, [&] { echo.Start(); }, [&] { echo.End(); });
}

int Call(const std::string& address, const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer reply;
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, kMethod, {}, &request, &reply, [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const auto status = done.get_future().get();
  fmt::print("{} {} {}\n", static_cast<int>(status.error_code()), status.ok() ? reply.Length() : 0, status.error_message());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace edgewise::bench

int main(int count, char** words) {
  using namespace edgewise::bench;
  const std::string what = count > 1 ? words[1] : "";
  if (what == "echo" && count == 3) return EchoByQueue(words[2]);
  if (what == "callback" && count == 3) return EchoByCallback(words[2]);
  if (what == "call" && count == 4) return Call(words[2], words[3]);
  fmt::print(stderr, "usage: edgewise_bench_grpc echo ADDRESS:PORT | callback ADDRESS:PORT | call ADDRESS:PORT FILE\n");
  return 2;
}
