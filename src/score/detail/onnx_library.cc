#include "score/detail/onnx_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <system_error>

namespace edgewise::score::detail {
namespace {

namespace fs = std::filesystem;

#if defined(__aarch64__)
constexpr std::string_view kMachine = "aarch64";
#else
constexpr std::string_view kMachine = "x86_64";
#endif
constexpr std::string_view kFile = "libonnxruntime.so.1";
constexpr int kFoldersAbove = 5;  // build/<preset>/src/<room>/ lies four below build/

const OrtApiBase* BaseOf(void* handle) {
  using GetBase = const OrtApiBase* (*)();
  const auto get = reinterpret_cast<GetBase>(dlsym(handle, "OrtGetApiBase"));
  return get == nullptr ? nullptr : get();
}

}  // namespace

std::vector<std::string> OnnxLibraryNames() {
  if (const char* named = std::getenv("EDGEWISE_ONNXRUNTIME"); named != nullptr && *named != '\0') return {named};
  std::vector<std::string> names;
  std::error_code ignored;
  const fs::path executable = fs::read_symlink("/proc/self/exe", ignored);
  fs::path folder = executable.parent_path();
  if (!folder.empty()) names.push_back(folder / kFile);
  if (!folder.empty()) names.push_back((folder / "../lib/edgewise").lexically_normal() / kFile);
  for (int i = 0; i < kFoldersAbove && folder.has_relative_path(); ++i, folder = folder.parent_path()) {
    names.push_back(folder / "deps/onnxruntime/lib" / kMachine / kFile);
  }
  names.insert(names.end(), {"libonnxruntime.so.1", "libonnxruntime.so.1.21", "libonnxruntime.so"});
  return names;
}

Result<std::shared_ptr<const OnnxLibrary>> OnnxLibrary::Open() {
  // Later versions of the library carry an uploader; none of ours does (engine_test), and it stays off whatever is found.
  static const int telemetry_off = setenv("ORT_DISABLE_TELEMETRY", "1", 0);
  (void)telemetry_off;
  const auto names = OnnxLibraryNames();
  void* handle = nullptr;
  std::string last_reason;
  std::shared_ptr<OnnxLibrary> library(new OnnxLibrary);  // the constructor is private
  for (const auto& name : names) {
    std::error_code ignored;
    if (name.find('/') != std::string::npos && !fs::exists(name, ignored)) continue;
    handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    library->path_ = name;
    if (handle != nullptr) break;
    last_reason = dlerror();
  }
  if (handle == nullptr) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("ONNX Runtime was not found or cannot be loaded ({}); run tools/bootstrap, or set EDGEWISE_ONNXRUNTIME to "
                            "libonnxruntime.so.1. Looked at: {}",
                            last_reason.empty() ? "no such file" : last_reason, fmt::join(names, ", ")));
  }
  const auto* base = BaseOf(handle);
  if (base == nullptr) return Fail(Code::kFailedPrecondition, library->path_ + " is not ONNX Runtime (no OrtGetApiBase)");
  library->version_ = base->GetVersionString();
  library->api_ = base->GetApi(ORT_API_VERSION);
  if (library->api_ == nullptr) {
    return Fail(Code::kFailedPrecondition, fmt::format("{} is ONNX Runtime {}, older than 1.{}; run tools/bootstrap", library->path_,
                                                       library->version_, ORT_API_VERSION));
  }
  // Errors come back as values; ONNX Runtime's own lines on stderr would carry a caller's data, as often as the caller likes.
  EDGEWISE_TRY(library->Check(library->api_->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "edgewise", &library->environment_), "ONNX Runtime"));
  EDGEWISE_TRY(library->Check(library->api_->DisableTelemetryEvents(library->environment_), "ONNX Runtime"));
  return library;
}

OnnxLibrary::~OnnxLibrary() {
  if (environment_ != nullptr) api_->ReleaseEnv(environment_);
}

Result<void> OnnxLibrary::Check(OrtStatus* status, std::string_view what) const {
  if (status == nullptr) return {};
  const auto code = api_->GetErrorCode(status);
  const bool input = code == ORT_INVALID_ARGUMENT || code == ORT_INVALID_PROTOBUF || code == ORT_INVALID_GRAPH || code == ORT_NO_MODEL ||
                     code == ORT_NOT_IMPLEMENTED;
  auto message = fmt::format("{}: {}", what, api_->GetErrorMessage(status));
  api_->ReleaseStatus(status);
  return Fail(input ? Code::kInvalidArgument : Code::kInternal, std::move(message));
}

}  // namespace edgewise::score::detail
