#pragma once

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/slice.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/result.h"

namespace edgewise::score::detail {

/// The bytes of a slice; valid as long as it is. A short slice holds its bytes in itself: no copy of it may be asked.
inline std::string_view TextOf(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

/// What a completion queue gives back: something that was asked for has happened.
/// Threads: Happen() is called on the queue's thread. gRPC orders it after what was done before the asking, and says so with Handed() and
/// Taken() to those who cannot see into the library (tsan).
class GrpcEvent {
 public:
  virtual ~GrpcEvent() = default;
  virtual void Happen(bool ok) = 0;
  void* Handed() {
    order_.store(true, std::memory_order_release);
    return this;
  }
  void Taken() { order_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> order_{false};
};

/// The message of a call as one run of bytes, unpacked if it was compressed. Memory is kept from message to message unless it became large.
/// gRPC is told not to unpack (it knows no bound and would take a thousand times what was sent).
class GrpcMessage {
 public:
  ~GrpcMessage() { Clear(); }
  grpc_byte_buffer** slot() { return &buffer_; }  ///< For gRPC to fill in.
  bool there() const { return buffer_ != nullptr; }
  bool compressed() const { return there() && algorithm() != GRPC_COMPRESS_NONE; }
  grpc_compression_algorithm algorithm() const { return buffer_->data.raw.compression; }
  /// Valid until Clear(). Errors: kInvalidArgument (none was sent; no gzip or deflate data), kResourceExhausted (over `limit` unpacked).
  Result<std::string_view> Bytes(std::size_t limit);
  void Clear();

 private:
  grpc_byte_buffer* buffer_ = nullptr;
  std::string joined_;
  std::string unpacked_;
};

/// What a call sends back before its message.
struct GrpcHead {
  std::string traceparent;  ///< Empty: none.
  grpc_compression_algorithm compression = GRPC_COMPRESS_NONE;
};

/// A batch of operations on a call. What it points to must live until it has happened.
class GrpcBatch {
 public:
  void Read(GrpcMessage& message);
  void SendHead(const GrpcHead& head);
  void SendMessage(std::string_view message);  ///< Copied.
  /// With a null error: OK. A long message is cut.
  void SendStatus(const Error* error);
  void SeeClose() { Add(GRPC_OP_RECV_CLOSE_ON_SERVER).data.recv_close_on_server.cancelled = &cancelled_; }
  /// `event` happens when all of it has. It may happen on another thread before this returns: the last touch of whatever it frees.
  void Start(grpc_call* call, GrpcEvent& event);
  void Release();  ///< Forgets everything and frees what was sent, after it has happened.

 private:
  grpc_op& Add(grpc_op_type type);

  std::array<grpc_op, 4> operations_;
  std::size_t size_ = 0;
  std::array<grpc_metadata, 2> metadata_;
  grpc_byte_buffer* sent_ = nullptr;
  grpc_slice details_ = grpc_empty_slice();
  grpc_slice traceparent_ = grpc_empty_slice();
  int cancelled_ = 0;
};

/// What a client said beside its message.
struct GrpcMetadata {
  std::string_view traceparent, sticky;
  bool several_traceparents = false;
  std::size_t bytes = 0;  ///< Of all, as HTTP/2 counts a list of fields: 32 for each, and its text.
};
GrpcMetadata ReadMetadata(const grpc_metadata_array& metadata);

/// Of a client, and no later than `limit` from now.
Deadline ToDeadline(gpr_timespec time, std::chrono::milliseconds limit);

}  // namespace edgewise::score::detail
