#include "fetch_model.h"

#include <fmt/format.h>

#include "package/image.h"
#include "registry/http_image_store.h"
#include "registry/transfer.h"

namespace edgewise {
namespace {

constexpr std::chrono::minutes kPatience(2);

}  // namespace

Result<score::ModelFiles> FetchModel(std::string_view reference) {
  const auto slash = reference.find('/');
  const auto at = reference.find("@sha256:");
  if (slash == std::string_view::npos || slash == 0 || at == std::string_view::npos || at < slash + 2) {
    return Fail(Code::kInvalidArgument, fmt::format("\"{}\" is no image: write host:port/repository@sha256:...", reference));
  }
  registry::HttpImageStore store(net::Address{std::string(reference.substr(0, slash))});
  const auto repository = reference.substr(slash + 1, at - slash - 1);
  EDGEWISE_ASSIGN(const auto image, registry::PullImage(store, repository, reference.substr(at + 1), Deadline::After(kPatience)));
  EDGEWISE_ASSIGN(auto files, package::ReadImage(image));
  score::ModelFiles model;
  for (auto& file : files) {
    if (file.path == "model.onnx") {
      model.onnx = std::move(file.bytes);
    } else if (file.path == "model.json") {
      model.card = std::move(file.bytes);
    }
  }
  if (model.onnx.empty()) return Fail(Code::kInvalidArgument, fmt::format("the image {} holds no model.onnx", reference));
  return model;
}

}  // namespace edgewise
