#include "score/grpc_server.h"

#include <fmt/format.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>

#include <cstdlib>
#include <future>
#include <thread>
#include <vector>

#include "score/detail/grpc_inference.h"
#include "score/detail/grpc_lane.h"
#include "score/detail/grpc_service.h"
#include "score/detail/side_thread.h"

namespace edgewise::score {
namespace {

using detail::GrpcLane;

/// gRPC counts its users; the last one to leave ends its threads.
struct Library {
  Library() {
    // What it logs of strangers' bytes is theirs to write: nothing, unless a person asks.
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_verbosity(static_cast<gpr_log_severity>(GPR_LOG_SEVERITY_ERROR + 1));
    grpc_init();
  }
  ~Library() { grpc_shutdown(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

class Arguments {
 public:
  void Add(const char* name, std::int64_t value) {
    grpc_arg argument{};
    argument.type = GRPC_ARG_INTEGER;
    argument.key = const_cast<char*>(name);
    argument.value.integer = static_cast<int>(value);
    arguments_.push_back(argument);
  }
  void AddQuota(grpc_resource_quota* quota) {
    grpc_arg argument{};
    argument.type = GRPC_ARG_POINTER;
    argument.key = const_cast<char*>(GRPC_ARG_RESOURCE_QUOTA);
    argument.value.pointer = {quota, grpc_resource_quota_arg_vtable()};
    arguments_.push_back(argument);
  }
  grpc_channel_args View() { return {arguments_.size(), arguments_.data()}; }

 private:
  std::vector<grpc_arg> arguments_;
};

Arguments ArgumentsOf(const GrpcServer::Limits& limits) {
  Arguments arguments;
  arguments.Add(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, static_cast<std::int64_t>(limits.message_bytes));
  arguments.Add(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, -1);
  arguments.Add(GRPC_ARG_MAX_METADATA_SIZE, static_cast<std::int64_t>(limits.metadata_bytes));
  arguments.Add(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<std::int64_t>(limits.streams));
  arguments.Add(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, limits.handshake.count());
  arguments.Add(GRPC_ARG_MAX_CONNECTION_IDLE_MS, limits.idle.count());
  arguments.Add(GRPC_ARG_KEEPALIVE_TIME_MS, limits.keepalive.count());
  arguments.Add(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, std::chrono::milliseconds(std::chrono::seconds(20)).count());
  arguments.Add(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.Add(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, limits.ping.count());
  arguments.Add(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);  // GrpcMessage does it, and knows when to stop
  arguments.Add(GRPC_ARG_ALLOW_REUSEPORT, 0);                   // a port that is taken is an error
  arguments.Add(GRPC_ARG_ENABLE_CHANNELZ, 0);
  return arguments;
}

/// "127.0.0.1:0" as bound: with the port.
std::string Bound(const std::string& address, int port) {
  if (address.starts_with("unix:")) return address;
  return fmt::format("{}:{}", address.substr(0, address.rfind(':')), port);
}

Result<void> CheckAddress(const std::string& address) {
  if (address.starts_with("unix:")) return {};
  const auto colon = address.rfind(':');
  const auto port = colon == std::string::npos ? std::string() : address.substr(colon + 1);
  if (colon == 0 || port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoi(port) > 65535) {
    return Fail(Code::kInvalidArgument, fmt::format("gRPC address \"{}\" is not HOST:PORT or unix:PATH", address));
  }
  return {};
}

class RunningServer final : public GrpcServer {
 public:
  RunningServer(ModelRepository& repository, Options options)
      : service_(repository, shared_.options),
        cold_(options.limits.cold_bytes),
        shared_{repository, std::move(options), service_, side_, cold_, nullptr, nullptr, false} {}
  ~RunningServer() override { Stop(); }

  Result<void> Listen() {
    auto* const quota = grpc_resource_quota_create("edgewise");
    grpc_resource_quota_resize(quota, shared_.options.limits.memory_bytes);
    auto arguments = ArgumentsOf(shared_.options.limits);
    arguments.AddQuota(quota);
    const auto view = arguments.View();
    shared_.server = grpc_server_create(&view, nullptr);
    grpc_resource_quota_unref(quota);
    shared_.infer =
        grpc_server_register_method(shared_.server, "/inference.GRPCInferenceService/ModelInfer", nullptr, GRPC_SRM_PAYLOAD_NONE, 0);
    for (std::size_t i = 0; i < shared_.options.threads; ++i) {
      lanes_.push_back(std::make_unique<GrpcLane>(shared_, shared_.options.first_thread + i));
      grpc_server_register_completion_queue(shared_.server, lanes_.back()->queue(), nullptr);
    }
    const auto& address = shared_.options.address.text;
    auto* const credentials = grpc_insecure_server_credentials_create();
    const int port = grpc_server_add_http2_port(shared_.server, address.c_str(), credentials);
    grpc_server_credentials_release(credentials);
    if (port == 0) {
      return Fail(Code::kAlreadyExists,
                  fmt::format("cannot listen for gRPC on {}: taken, not this machine's, or not allowed; choose another", address));
    }
    address_ = Bound(address, port);
    grpc_server_start(shared_.server);
    for (auto& lane : lanes_) {
      threads_.emplace_back([&lane = *lane] {
        lane.Begin();
        lane.Loop();
      });
    }
    return {};
  }

  const std::string& address() const override { return address_; }

  void Stop() override {
    if (shared_.server == nullptr) return;
    shared_.stopping = true;
    Ended ended;  // until the threads are joined
    if (!threads_.empty()) {
      auto* const queue = lanes_.front()->queue();
      grpc_server_shutdown_and_notify(shared_.server, queue, ended.Handed());
      if (ended.future.wait_for(shared_.options.drain) != std::future_status::ready) grpc_server_cancel_all_calls(shared_.server);
      ended.future.wait();  // for jobs that workers have
    }
    for (auto& lane : lanes_) grpc_completion_queue_shutdown(lane->queue());
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    for (auto& lane : lanes_) Drain(*lane);
    grpc_server_destroy(shared_.server);
    shared_.server = nullptr;
    lanes_.clear();
  }

 private:
  struct Ended final : detail::GrpcEvent {
    std::promise<void> promise;
    std::future<void> future = promise.get_future();
    void Happen(bool /*ok*/) override { promise.set_value(); }
  };
  /// Of a server that never ran: its queues must be empty before they go.
  static void Drain(GrpcLane& lane) {
    while (grpc_completion_queue_next(lane.queue(), gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr).type != GRPC_QUEUE_SHUTDOWN) {
    }
  }

  Library library_;
  detail::SideThread side_;
  detail::GrpcService service_;
  detail::ColdBytes cold_;
  detail::GrpcShared shared_;
  std::vector<std::unique_ptr<GrpcLane>> lanes_;
  std::vector<std::thread> threads_;
  std::string address_;
};

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(ModelRepository& repository, Options options) {
  EDGEWISE_TRY(CheckAddress(options.address.text));
  auto server = std::make_unique<RunningServer>(repository, std::move(options));
  EDGEWISE_TRY(server->Listen());
  return server;
}

}  // namespace edgewise::score
