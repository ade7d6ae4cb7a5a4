#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http.h"
#include "score/model_repository.h"

namespace edgewise::score {

/// Serves a repository over gRPC: the Open Inference Protocol with Triton's calls beside it (detail/open_inference.proto) and
/// grpc.health.v1. Plain text (h2c); whoever needs TLS puts a proxy before it.
/// Lifecycle: Start() listens and runs; Stop() (or the destructor) takes no more calls, lets those in flight finish for `drain`, cancels
/// the rest and joins the threads. The repository outlives it.
/// Errors of Start: kInvalidArgument (address), kAlreadyExists (port taken, or not ours to take: names it).
/// Calls fail with the status of their Error's code and its message. Metadata: `traceparent` (W3C) is continued and comes back,
/// `x-sticky-key` keeps equal keys on one version, a client's deadline is the job's, up to `score_limit`. Requests may be compressed (gzip,
/// deflate); their answers then are, too. Cost: no allocation of ours per inference in steady state but the answer's own bytes. Threads:
/// Stop() once; the others any.
class GrpcServer {
 public:
  /// What a client may take. Over it, calls fail with kResourceExhausted, or the connection ends. A client that does not say that it
  /// has read `streams` is held to twice as many on each thread of the server; on a Unix socket, where connections look alike, to `calls`.
  struct Limits {
    std::size_t message_bytes = 64u << 20;  ///< Of a request, before and after decompression.
    std::size_t metadata_bytes = 16u << 10;
    std::size_t streams = 100;                                       ///< Calls at once on one connection: more wait at the client.
    std::size_t calls = 4096;                                        ///< Calls at once on one thread of the server.
    std::chrono::milliseconds stalled = std::chrono::seconds(1);     ///< In a full house, calls that wait so long for their client yield.
    std::size_t cold_bytes = 256u << 20;                             ///< Messages, unpacked, of all calls that wait for cold models.
    std::size_t memory_bytes = 512u << 20;                           ///< gRPC's own buffers: over it, connections are read more slowly.
    std::chrono::milliseconds handshake = std::chrono::seconds(10);  ///< A connection that has not said HTTP/2 by then is closed.
    std::chrono::milliseconds idle = std::chrono::minutes(30);       ///< A connection without calls for so long is closed.
    std::chrono::milliseconds keepalive = std::chrono::seconds(60);  ///< A connection silent for so long is asked whether it lives.
    std::chrono::milliseconds ping = std::chrono::seconds(10);       ///< A client that asks more often, without calls, is closed.
  };

  struct Options {
    net::Address address{"127.0.0.1:0"};  ///< "host:port" (port 0: any free one), "[::]:8001" or "unix:/path".
    std::size_t threads = 1;
    std::size_t first_thread = 0;  ///< Index of the first thread for ModelVersion::Run(); the repository knows first_thread + threads.
    std::string name = "edgewise";
    std::string version = "0.1.0";
    std::chrono::milliseconds score_limit = std::chrono::seconds(10);  ///< What no client's deadline exceeds; the job's if it sends none.
    std::chrono::milliseconds drain = std::chrono::seconds(5);
    Limits limits = {};
  };

  static Result<std::unique_ptr<GrpcServer>> Start(ModelRepository& repository, Options options);
  virtual ~GrpcServer() = default;
  virtual const std::string& address() const = 0;  ///< As bound: with the real port.
  virtual void Stop() = 0;
};

}  // namespace edgewise::score
