// The yardstick of gRPC: what the same library does when nothing is behind it.
//   edgewise_bench_grpc echo ADDRESS:PORT     answers ModelInfer with the bytes it got; prints "ready"; ends when standard input does
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
#include <future>
#include <iterator>
#include <string>

namespace edgewise::bench {
namespace {

constexpr const char* kMethod = "/inference.GRPCInferenceService/ModelInfer";

class Echo final : public grpc::Service {
 public:
  Echo() {
    AddMethod(new grpc::internal::RpcServiceMethod(kMethod, grpc::internal::RpcMethod::NORMAL_RPC, nullptr));  // the service owns it
    MarkMethodRawCallback(0, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                                 [](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request, grpc::ByteBuffer* reply) {
                                   auto* reactor = context->DefaultReactor();
                                   // A client that hung up before its message leaves no bytes, and the library aborts on sending none.
                                   const bool whole = request->Valid();
                                   if (whole) *reply = *request;
                                   reactor->Finish(whole ? grpc::Status::OK : grpc::Status(grpc::StatusCode::CANCELLED, "no message"));
                                   return reactor;
                                 }));
  }
};

int Serve(const std::string& address) {
  Echo echo;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&echo);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  fmt::print("ready\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
  server->Shutdown();
  return 0;
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
  if (what == "echo" && count == 3) return Serve(words[2]);
  if (what == "call" && count == 4) return Call(words[2], words[3]);
  fmt::print(stderr, "usage: edgewise_bench_grpc echo ADDRESS:PORT | call ADDRESS:PORT FILE\n");
  return 2;
}
