#pragma once

#include <memory>
#include <string_view>

#include "score/detail/onnx_check.h"
#include "score/detail/onnx_library.h"
#include "score/detail/onnx_owned.h"
#include "score/model_engine.h"

namespace edgewise::score::detail {

/// One model in ONNX Runtime: one thread (the caller's), no arena, so that memory goes back after a large request.
/// Lifecycle: immutable after Open(); outlives the runners made from it. Threads: any number of runs at once.
class OnnxSession {
 public:
  /// Checks the bytes (CheckOnnx) and loads them. Errors: as OpenOnnxModel().
  static Result<std::unique_ptr<OnnxSession>> Open(std::string_view onnx);
  ~OnnxSession() = default;
  OnnxSession(const OnnxSession&) = delete;
  OnnxSession& operator=(const OnnxSession&) = delete;

  const Signature& signature() const { return signature_; }
  const OnnxFacts& facts() const { return facts_; }
  const OnnxLibrary& library() const { return *library_; }
  const OrtApi& api() const { return library_->api(); }
  const OrtMemoryInfo& memory() const { return *memory_; }
  OrtSession& session() const { return *session_; }  ///< ONNX Runtime takes it without const and lets many run it.
  /// ONNX Runtime's own allocator; not to be released.
  OrtAllocator& allocator() const { return *allocator_; }

 private:
  OnnxSession() = default;
  Result<void> Create(std::string_view onnx);

  std::shared_ptr<const OnnxLibrary> library_;  // shared by all sessions of the process
  OrtAllocator* allocator_ = nullptr;
  OnnxOwned<OrtMemoryInfo> memory_;
  OnnxOwned<OrtSession> session_;
  OnnxFacts facts_;
  Signature signature_;
};

}  // namespace edgewise::score::detail
