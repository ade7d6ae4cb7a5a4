#include "score/detail/onnx_session.h"

#include "score/detail/onnx_signature.h"

namespace edgewise::score::detail {
namespace {

Result<OnnxOwned<OrtSessionOptions>> MakeOptions(const OnnxLibrary& library) {
  const auto& api = library.api();
  const auto check = [&](OrtStatus* status) { return library.Check(status, "ONNX Runtime"); };
  OrtSessionOptions* made = nullptr;
  EDGEWISE_TRY(check(api.CreateSessionOptions(&made)));
  OnnxOwned<OrtSessionOptions> options(made, {&api});
  EDGEWISE_TRY(check(api.SetIntraOpNumThreads(made, 1)));
  EDGEWISE_TRY(check(api.SetInterOpNumThreads(made, 1)));
  EDGEWISE_TRY(check(api.SetSessionExecutionMode(made, ORT_SEQUENTIAL)));
  EDGEWISE_TRY(check(api.AddSessionConfigEntry(made, "session.intra_op.allow_spinning", "0")));
  // The check of the bytes reads ONNX; without this, bytes that say so would be read as ONNX Runtime's own format.
  EDGEWISE_TRY(check(api.AddSessionConfigEntry(made, "session.load_model_format", "ONNX")));
  EDGEWISE_TRY(check(api.DisableCpuMemArena(made)));
  EDGEWISE_TRY(check(api.DisableMemPattern(made)));
  return options;
}

}  // namespace

Result<std::unique_ptr<OnnxSession>> OnnxSession::Open(std::string_view onnx) {
  std::unique_ptr<OnnxSession> session(new OnnxSession);  // the constructor is private
  EDGEWISE_ASSIGN(session->facts_, CheckOnnx(onnx));
  EDGEWISE_ASSIGN(session->library_, OnnxLibrary::Open());
  EDGEWISE_TRY(session->Create(onnx));
  return session;
}

Result<void> OnnxSession::Create(std::string_view onnx) {
  const auto check = [&](OrtStatus* status) { return library_->Check(status, "ONNX Runtime"); };
  EDGEWISE_ASSIGN(const auto options, MakeOptions(*library_));
  OrtMemoryInfo* memory = nullptr;
  EDGEWISE_TRY(check(api().CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory)));
  memory_ = {memory, {&api()}};
  EDGEWISE_TRY(check(api().GetAllocatorWithDefaultOptions(&allocator_)));
  OrtSession* session = nullptr;
  const auto loaded =
      library_->Check(api().CreateSessionFromArray(&library_->environment(), onnx.data(), onnx.size(), options.get(), &session),
                      "the ONNX model cannot be loaded");
  if (!loaded) return Fail(Code::kInvalidArgument, loaded.error().message);  // whatever is wrong, it is the model
  session_ = {session, {&api()}};
  EDGEWISE_ASSIGN(signature_, ReadSignature(*library_, *session_, facts_));
  return {};
}

}  // namespace edgewise::score::detail
