// Any ONNX model that converters make is served as it is: no model.json, and the answers of the library that trained it.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "score/model_engine.h"

namespace edgewise::score {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kScripts = EDGEWISE_CONVERTERS;
const fs::path kPackages = EDGEWISE_CONVERTER_PACKAGES;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Owns what a TensorView of it shows.
struct Sent {
  DataType type = DataType::kFp32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
  std::vector<std::string> texts;
  std::vector<std::string_view> strings;
  TensorView View() const { return {.type = type, .shape = shape, .bytes = bytes, .strings = strings}; }
};

template <class T>
void Append(std::vector<std::byte>& bytes, T value) {
  const auto* const begin = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), begin, begin + sizeof value);
}

void AppendNumber(Sent& sent, const Json& value) {
  const double number = value.is_null() ? std::nan("") : value.is_boolean() ? static_cast<double>(value.get<bool>()) : value.get<double>();
  switch (sent.type) {
    case DataType::kFp32:
      Append(sent.bytes, static_cast<float>(number));
      break;
    case DataType::kFp64:
      Append(sent.bytes, number);
      break;
    case DataType::kInt64:
      Append(sent.bytes, value.get<std::int64_t>());
      break;
    case DataType::kBool:
      Append(sent.bytes, static_cast<std::uint8_t>(number != 0));
      break;
    default:
      ADD_FAILURE() << "no case sends " << NameOf(sent.type);
  }
}

Sent ToSend(const Json& tensor, const TensorInfo& info) {
  Sent sent{.type = info.type, .shape = tensor.at("shape"), .bytes = {}, .texts = {}, .strings = {}};
  EXPECT_EQ(tensor.at("datatype"), NameOf(info.type)) << info.name;
  const auto fits = Check(info, sent.type, sent.shape);
  EXPECT_TRUE(fits) << fits.error().message;
  for (const auto& value : tensor.at("data")) {
    if (sent.type == DataType::kBytes) {
      sent.texts.push_back(value);
    } else {
      AppendNumber(sent, value);
    }
  }
  sent.strings.assign(sent.texts.begin(), sent.texts.end());
  return sent;
}

template <class T>
T At(const TensorView& view, std::size_t index) {
  T value{};
  std::memcpy(&value, view.bytes.data() + index * sizeof value, sizeof value);
  return value;
}

bool Near(double value, const Json& expected) {
  if (expected.is_null()) return std::isnan(value);
  const double number = expected;
  return std::abs(value - number) <= 1e-4 * (1 + std::abs(number));
}

/// Labels are equal, numbers near: libraries compute in float64 where ONNX computes in float32.
bool Equal(const TensorView& view, std::size_t index, const Json& expected) {
  switch (view.type) {
    case DataType::kBytes:
      return view.strings[index] == expected.get<std::string>();
    case DataType::kInt64:
      return At<std::int64_t>(view, index) == expected.get<std::int64_t>();
    case DataType::kInt32:
      return At<std::int32_t>(view, index) == expected.get<std::int64_t>();
    case DataType::kBool:
      return (At<std::uint8_t>(view, index) != 0) == expected.get<bool>();
    case DataType::kFp32:
      return Near(At<float>(view, index), expected);
    case DataType::kFp64:
      return Near(At<double>(view, index), expected);
    default:
      return false;
  }
}

void Compare(const TensorView& view, const Json& expected) {
  EXPECT_EQ(Json(std::vector<std::int64_t>(view.shape.begin(), view.shape.end())), expected.at("shape")) << expected.at("name");
  const auto& data = expected.at("data");
  ASSERT_EQ(CountElements(view.shape, 1'000'000), data.size()) << expected.at("name");
  for (std::size_t i = 0; i < data.size(); ++i) {
    ASSERT_TRUE(Equal(view, i, data[i])) << expected.at("name") << "[" << i << "], expected " << data[i];
  }
}

const Json& Named(const Json& tensors, const std::string& name) {
  for (const auto& tensor : tensors) {
    if (tensor.at("name") == name) return tensor;
  }
  static const Json none;
  return none;
}

void ExpectScores(const ModelEngine& engine, const Json& expected) {
  const auto& signature = engine.signature();
  EXPECT_EQ(signature.batches, expected.at("batches").get<bool>());
  ASSERT_EQ(signature.inputs.size(), expected.at("inputs").size());
  std::vector<Sent> sent;
  for (const auto& input : signature.inputs) {
    const auto& tensor = Named(expected.at("inputs"), input.name);
    ASSERT_FALSE(tensor.is_null()) << input.name;
    sent.push_back(ToSend(tensor, input));
  }
  std::vector<TensorView> views;
  for (const auto& each : sent) views.push_back(each.View());
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < signature.outputs.size(); ++i) wanted.push_back(i);
  auto runner = engine.MakeRunner();
  ASSERT_TRUE(runner) << runner.error().message;
  for (int run = 0; run < 3; ++run) {
    const auto outputs = (*runner)->Run(views, wanted);
    ASSERT_TRUE(outputs) << outputs.error().message;
    std::size_t compared = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto& tensor = Named(expected.at("outputs"), signature.outputs[i].name);
      if (tensor.is_null()) continue;
      Compare((*outputs)[i], tensor);
      ++compared;
    }
    EXPECT_EQ(compared, expected.at("outputs").size());
  }
}

/// Runs the script, then each model that it made. Says how many of them there were.
std::size_t RunAll(const std::string& python, const std::string& script) {
  const fs::path folder = fs::path(testing::TempDir()) / ("converters_" + script);
  fs::remove_all(folder);
  const auto command =
      "PYTHONDONTWRITEBYTECODE=1 " + python + " '" + (kScripts / (script + ".py")).string() + "' '" + folder.string() + "'";
  if (std::system(command.c_str()) != 0) {
    ADD_FAILURE() << command;
    return 0;
  }
  std::size_t models = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".onnx") continue;
    SCOPED_TRACE(entry.path().stem());
    ++models;
    const auto expected = Json::parse(ReadFile(fs::path(entry.path()).replace_extension(".json")));
    const auto engine = OpenOnnxModel(ReadFile(entry.path()));
    if (!expected.contains("refused")) {
      EXPECT_TRUE(engine) << engine.error().message;
      if (engine) ExpectScores(**engine, expected);
    } else if (engine) {
      ADD_FAILURE() << "is not refused";
    } else {
      EXPECT_NE(engine.error().message.find(expected.at("refused").get<std::string>()), std::string::npos) << engine.error().message;
    }
  }
  fs::remove_all(folder);
  return models;
}

TEST(Converters, ScikitLearnLightGbmAndXgboostModelsScoreAsInTheirLibraries) {
  if (!fs::exists(kPackages)) GTEST_SKIP() << "no converters in " << kPackages << ": tools/bootstrap test installs them";
  EXPECT_GE(RunAll("PYTHONPATH='" + kPackages.string() + "' python3", "make_models"), 30U);
}

TEST(Converters, PyTorchModelsScoreAsInPyTorch) {
  if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0) {
    GTEST_SKIP() << "no PyTorch for /usr/bin/python3: tools/bootstrap test installs python3-torch";
  }
  EXPECT_GE(RunAll("/usr/bin/python3", "make_torch_models"), 8U);
}

}  // namespace
}  // namespace edgewise::score
