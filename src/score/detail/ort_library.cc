#include "score/detail/ort_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace edgewise::score::detail {
namespace {

#ifdef __aarch64__
constexpr const char* kFile = "onnxruntime/lib/aarch64/libonnxruntime.so.1";
#else
constexpr const char* kFile = "onnxruntime/lib/x86_64/libonnxruntime.so.1";
#endif

std::vector<std::string> Places() {
  if (const char* named = std::getenv("EDGEWISE_ONNXRUNTIME"); named != nullptr) return {named};
  std::vector<std::string> places;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    places.push_back((program.parent_path().parent_path() / "deps" / kFile).string());
    places.push_back((program.parent_path().parent_path().parent_path() / "deps" / kFile).string());
  }
  places.push_back(std::string(EDGEWISE_DEPS) + "/" + kFile);
  places.emplace_back("libonnxruntime.so.1");
  places.emplace_back("libonnxruntime.so.1.21");  // Debian 13
  return places;
}

/// The library as it is in the system decides by itself whether it is old: GetApi answers null then.
bool Take(void* library) {
  const auto base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  if (base == nullptr) return false;
  const OrtApi* api = base()->GetApi(ORT_API_VERSION);
  if (api == nullptr) return false;
  Ort::InitApi(api);
  return true;
}

Result<void> Open() {
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);  // newer releases carry an uploader; the pinned one does not
  const auto places = Places();
  std::string newest_reason;
  for (const auto& place : places) {
    void* library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr && Take(library)) return {};
    if (library != nullptr) newest_reason = place + " is older than the headers that this was built with";
  }
  return Fail(Code::kFailedPrecondition,
              fmt::format("ONNX Runtime was not found ({}looked at {}); run tools/bootstrap or set EDGEWISE_ONNXRUNTIME to its file",
                          newest_reason.empty() ? "" : newest_reason + "; ", fmt::join(places, ", ")));
}

}  // namespace

Result<void> OpenOrt() {
  static const Result<void> opened = Open();  // a library is opened once per process
  return opened;
}

Ort::Env& OrtEnvironment() {
  static Ort::Env environment(ORT_LOGGING_LEVEL_ERROR, "edgewise");
  return environment;
}

}  // namespace edgewise::score::detail
