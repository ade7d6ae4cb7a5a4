#pragma once

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "score/detail/infer_reader.h"
#include "score/detail/infer_writer.h"
#include "score/made_version_test.h"

namespace edgewise::fuzz {

/// Reads inference requests for a model with an input of every datatype, of which a request needs one alone: "x" and its type's name.
class InferFuzz {
 public:
  InferFuzz() {
    for (const auto* type :
         {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"}) {
      std::vector<score::TensorInfo> inputs;
      inputs.push_back({.name = "x", .type = score::DataTypeOf(type).value(), .shape = {-1, -1}});
      versions_.push_back(std::make_unique<score::test::MadeVersion>(std::make_unique<score::FakeModelEngine>(std::move(inputs)),
                                                                     score::test::MadeVersion::Settings{}));
    }
  }

  /// Whether one of the models takes it; the last one that does is written by Write(). Aborts if what was read is not what its shape says.
  bool Read(std::string_view body, std::string_view json_length) {
    for (auto& version : versions_) {
      if (!reader_.Read(body, json_length, *version, request_)) continue;
      request_.tensors.View(views_);
      for (const auto& view : views_) {
        const auto count = score::CountElements(view.shape, body.size());
        if (!count || *count == 0 || score::detail::ElementsOf(view) != *count) std::abort();
      }
      return true;
    }
    return false;
  }

  /// The request that was read, as another one of JSON alone. Nothing if JSON cannot say it.
  std::optional<std::string> Write() {
    const auto& view = views_.at(0);
    std::string text = R"({"inputs":[{"name":"x","datatype":")" + std::string(score::NameOf(view.type)) + R"(","shape":)" +
                       score::ShapeText(view.shape) + R"(,"data":[)";
    const auto written = score::detail::AppendElements(text, view, 0, score::detail::ElementsOf(view), score::NotANumber::kError);
    if (!written) return std::nullopt;
    return text + "]}]}";
  }

 private:
  std::vector<std::unique_ptr<score::test::MadeVersion>> versions_;
  score::detail::InferReader reader_;
  score::detail::InferRequest request_;
  std::vector<score::TensorView> views_;
};

}  // namespace edgewise::fuzz
