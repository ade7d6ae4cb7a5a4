#include "image_reference.h"

#include <fmt/format.h>

#include <chrono>

#include "address.h"
#include "package/image.h"
#include "registry/http_image_store.h"
#include "registry/transfer.h"

namespace edgewise {

Result<ImageReference> ReadImageReference(const std::string& given) {
  auto text = PlainAddress(given);
  if (const auto api = text.find("/v2/"); text != given && api == text.find('/'))
    text.erase(api, 3);  // as edgewise up prints a registry's URL
  const auto slash = text.find('/');
  const auto mark = slash == std::string::npos ? slash : text.find_first_of("@:", slash);
  if (slash == 0 || mark == std::string::npos || mark == slash + 1 || mark + 1 == text.size()) {
    return Fail(Code::kInvalidArgument,
                fmt::format("\"{}\" must be like 127.0.0.1:8081/delay:pilot or 127.0.0.1:8081/delay@sha256:...", text));
  }
  return ImageReference{text.substr(0, slash), text.substr(slash + 1, mark - slash - 1), text.substr(mark + 1)};
}

Result<score::ModelFiles> FetchModel(std::string_view reference) {
  constexpr auto kPatience = std::chrono::minutes(2);
  EDGEWISE_ASSIGN(const auto from, ReadImageReference(std::string(reference)));
  registry::HttpImageStore store(net::Address{from.registry});
  EDGEWISE_ASSIGN(const auto image, registry::PullImage(store, from.repository, from.tag, Deadline::After(kPatience)));
  EDGEWISE_ASSIGN(auto files, package::ReadImage(image));
  score::ModelFiles model;
  for (auto& file : files) {
    if (file.path == "model.onnx") model.onnx = std::move(file.bytes);
    if (file.path == "model.json") model.card = std::move(file.bytes);
  }
  if (model.onnx.empty()) return Fail(Code::kInvalidArgument, fmt::format("image {} holds no model.onnx", reference));
  return model;
}

}  // namespace edgewise
