#include "score/detail/grpc_core.h"

#include <grpc/support/time.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "score/detail/compression.h"
#include "score/detail/kept_bytes.h"

namespace edgewise::score::detail {
namespace {

constexpr std::size_t kLongestError = 1000;  // of a trailer, for which clients have 8 KiB in all

/// Cut, and without what is no UTF-8: some clients refuse the whole answer for it.
std::string Presentable(std::string_view message) {
  std::string text(message.substr(0, kLongestError));
  if (!simdjson::validate_utf8(text)) std::ranges::replace_if(text, [](char c) { return (c & 0x80) != 0; }, '?');
  return text;
}

}  // namespace

Result<std::string_view> GrpcMessage::Bytes(std::size_t limit) {
  if (!there()) return Fail(Code::kInvalidArgument, "the call has no message: send one");
  const auto& slices = buffer_->data.raw.slice_buffer;
  std::string_view bytes;
  if (slices.count == 1) {
    bytes = TextOf(slices.slices[0]);
  } else {
    joined_.clear();
    joined_.reserve(slices.length);
    for (std::size_t i = 0; i < slices.count; ++i) joined_ += TextOf(slices.slices[i]);
    bytes = joined_;
  }
  if (!compressed()) return bytes;
  const auto encoding = algorithm() == GRPC_COMPRESS_GZIP ? Encoding::kGzip : Encoding::kDeflate;
  EDGEWISE_TRY(Inflate(bytes, encoding, limit, unpacked_));
  return unpacked_;
}

void GrpcMessage::Clear() {
  if (buffer_ != nullptr) grpc_byte_buffer_destroy(buffer_);
  buffer_ = nullptr;
  joined_.clear();
  unpacked_.clear();
  GiveBack(joined_);
  GiveBack(unpacked_);
}

grpc_op& GrpcBatch::Add(grpc_op_type type) {
  auto& operation = operations_[size_++];
  std::memset(&operation, 0, sizeof operation);
  operation.op = type;
  return operation;
}

void GrpcBatch::Read(GrpcMessage& message) { Add(GRPC_OP_RECV_MESSAGE).data.recv_message.recv_message = message.slot(); }

void GrpcBatch::SendHead(const GrpcHead& head) {
  auto& send = Add(GRPC_OP_SEND_INITIAL_METADATA).data.send_initial_metadata;
  std::size_t count = 0;
  const auto add = [&](const char* key, grpc_slice value) {
    auto& entry = metadata_[count++];
    std::memset(&entry, 0, sizeof entry);
    entry.key = grpc_slice_from_static_string(key);
    entry.value = value;
  };
  if (!head.traceparent.empty()) {
    traceparent_ = grpc_slice_from_copied_buffer(head.traceparent.data(), head.traceparent.size());
    add("traceparent", traceparent_);
  }
  if (head.compression != GRPC_COMPRESS_NONE) {
    const char* name = head.compression == GRPC_COMPRESS_GZIP ? "gzip" : "deflate";
    add(GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY, grpc_slice_from_static_string(name));
  }
  send.count = count;
  send.metadata = metadata_.data();
}

void GrpcBatch::SendMessage(std::string_view message) {
  auto slice = grpc_slice_from_copied_buffer(message.data(), message.size());
  sent_ = grpc_raw_byte_buffer_create(&slice, 1);
  grpc_slice_unref(slice);
  Add(GRPC_OP_SEND_MESSAGE).data.send_message.send_message = sent_;
}

void GrpcBatch::SendStatus(const Error* error) {
  auto& send = Add(GRPC_OP_SEND_STATUS_FROM_SERVER).data.send_status_from_server;
  send.status = error == nullptr ? GRPC_STATUS_OK : static_cast<grpc_status_code>(error->code);
  if (error == nullptr) return;
  const auto text = Presentable(error->message);
  details_ = grpc_slice_from_copied_buffer(text.data(), text.size());
  send.status_details = &details_;
}

void GrpcBatch::Start(grpc_call* call, GrpcEvent& event) {
  const auto status = grpc_call_start_batch(call, operations_.data(), size_, event.Handed(), nullptr);
  EDGEWISE_CHECK(status == GRPC_CALL_OK);  // anything else is a misuse of ours
}

void GrpcBatch::Release() {
  size_ = 0;
  if (sent_ != nullptr) grpc_byte_buffer_destroy(sent_);
  sent_ = nullptr;
  grpc_slice_unref(details_);
  details_ = grpc_empty_slice();
  grpc_slice_unref(traceparent_);
  traceparent_ = grpc_empty_slice();
}

GrpcMetadata ReadMetadata(const grpc_metadata_array& metadata) {
  GrpcMetadata read;
  for (const auto& entry : std::span(metadata.metadata, metadata.count)) {
    const auto name = TextOf(entry.key);
    read.bytes += 32 + name.size() + GRPC_SLICE_LENGTH(entry.value);
    if (name == "traceparent") {
      read.several_traceparents |= !read.traceparent.empty();
      read.traceparent = TextOf(entry.value);
    }
    if (name == "x-sticky-key") read.sticky = TextOf(entry.value);
  }
  return read;
}

Deadline ToDeadline(gpr_timespec time, std::chrono::milliseconds limit) {
  if (gpr_time_cmp(time, gpr_inf_future(time.clock_type)) == 0) return Deadline::After(limit);
  const auto left = gpr_time_sub(time, gpr_now(time.clock_type));
  const std::chrono::seconds seconds(left.tv_sec);  // of any number: compared before it is made nanoseconds
  if (seconds.count() < 0) return Deadline::After(std::chrono::nanoseconds(0));
  if (seconds >= limit) return Deadline::After(limit);
  return Deadline::After(std::min<std::chrono::nanoseconds>(seconds + std::chrono::nanoseconds(left.tv_nsec), limit));
}

}  // namespace edgewise::score::detail
