// edgewise_bench_engine LIBRARY MODEL ROWS_FILE ROWS MILLISECONDS: the yardstick (ii), a model called in process in a loop through ONNX
// Runtime's C API: one thread, inputs and outputs bound once, a new set of rows copied in before each run. ROWS_FILE holds float32 rows as
// requests carry them. Prints JSON: runs, rows, seconds, cpu_seconds.
#include <dlfcn.h>
#include <fmt/format.h>
#include <onnxruntime_c_api.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace edgewise::bench {
namespace {

const OrtApi* OpenRuntime(const char* path) {
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  const auto base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  if (base == nullptr) throw std::runtime_error(fmt::format("{} is no ONNX Runtime", path));
  const OrtApi* api = base()->GetApi(ORT_API_VERSION);
  if (api == nullptr) throw std::runtime_error(fmt::format("{} is older than the headers", path));
  return api;
}

/// What ONNX Runtime made lives until the process ends: this program runs one loop and leaves.
class RawEngine {
 public:
  RawEngine(const OrtApi& api, const char* model, std::int64_t rows) : api_(api) {
    OrtEnv* environment = nullptr;
    OrtSessionOptions* options = nullptr;
    Check(api_.CreateEnv(ORT_LOGGING_LEVEL_ERROR, "bench", &environment));
    Check(api_.CreateSessionOptions(&options));
    Check(api_.SetIntraOpNumThreads(options, 1));
    Check(api_.SetInterOpNumThreads(options, 1));
    Check(api_.CreateSession(environment, model, options, &session_));
    Check(api_.CreateIoBinding(session_, &binding_));
    Check(api_.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory_));
    Bind(rows);
  }
  std::vector<float>& input() { return input_; }
  void Run() { Check(api_.RunWithBinding(session_, nullptr, binding_)); }

 private:
  void Check(OrtStatus* status) const {
    if (status != nullptr) throw std::runtime_error(api_.GetErrorMessage(status));
  }
  std::vector<std::int64_t> Shape(const OrtTypeInfo& type, std::int64_t rows) const {
    const OrtTensorTypeAndShapeInfo* tensor = nullptr;
    std::size_t axes = 0;
    Check(api_.CastTypeInfoToTensorInfo(&type, &tensor));
    Check(api_.GetDimensionsCount(tensor, &axes));
    std::vector<std::int64_t> shape(axes);
    Check(api_.GetDimensions(tensor, shape.data(), axes));
    shape.at(0) = rows;
    return shape;
  }
  OrtValue* Tensor(std::vector<float>& values, const std::vector<std::int64_t>& shape) const {
    std::int64_t count = 1;
    for (const auto axis : shape) count *= axis;
    values.resize(static_cast<std::size_t>(count));
    OrtValue* value = nullptr;
    Check(api_.CreateTensorWithDataAsOrtValue(memory_, values.data(), values.size() * sizeof(float), shape.data(), shape.size(),
                                              ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value));
    return value;
  }
  void Bind(std::int64_t rows) {
    OrtAllocator* allocator = nullptr;
    OrtTypeInfo* type = nullptr;
    char* name = nullptr;
    Check(api_.GetAllocatorWithDefaultOptions(&allocator));
    Check(api_.SessionGetInputName(session_, 0, allocator, &name));
    Check(api_.SessionGetInputTypeInfo(session_, 0, &type));
    Check(api_.BindInput(binding_, name, Tensor(input_, Shape(*type, rows))));
    std::size_t outputs = 0;
    Check(api_.SessionGetOutputCount(session_, &outputs));
    Check(api_.SessionGetOutputName(session_, outputs - 1, allocator, &name));
    Check(api_.SessionGetOutputTypeInfo(session_, outputs - 1, &type));
    Check(api_.BindOutput(binding_, name, Tensor(output_, Shape(*type, rows))));
  }

  const OrtApi& api_;
  OrtSession* session_ = nullptr;
  OrtIoBinding* binding_ = nullptr;
  OrtMemoryInfo* memory_ = nullptr;
  std::vector<float> input_, output_;
};

std::vector<float> ReadRows(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<float> rows(bytes.size() / sizeof(float));
  std::copy_n(bytes.data(), rows.size() * sizeof(float), reinterpret_cast<char*>(rows.data()));
  return rows;
}

double CpuSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

void Measure(RawEngine& engine, const std::vector<float>& pool, std::int64_t rows, std::chrono::milliseconds turn) {
  auto& input = engine.input();
  if (pool.size() < input.size()) throw std::runtime_error("the file of rows holds fewer than one run needs");
  std::size_t at = 0;
  const auto once = [&] {
    if (at + input.size() > pool.size()) at = 0;
    std::copy_n(pool.data() + at, input.size(), input.data());
    at += input.size();
    engine.Run();
  };
  for (int i = 0; i < 3; ++i) once();
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto cpu = CpuSeconds();
  std::uint64_t runs = 0;
  while (Clock::now() - start < turn) {
    once();
    ++runs;
  }
  const std::chrono::duration<double> spent = Clock::now() - start;
  fmt::print(R"({{"runs":{},"rows":{},"seconds":{},"cpu_seconds":{}}})"
             "\n",
             runs, runs * static_cast<std::uint64_t>(rows), spent.count(), CpuSeconds() - cpu);
}

}  // namespace
}  // namespace edgewise::bench

int main(int count, char** words) {
  using namespace edgewise::bench;
  if (count != 6) {
    fmt::print(stderr, "usage: edgewise_bench_engine LIBRARY MODEL ROWS_FILE ROWS MILLISECONDS\n");
    return 2;
  }
  try {
    const std::int64_t rows = std::atoll(words[4]);
    RawEngine engine(*OpenRuntime(words[1]), words[2], rows);
    Measure(engine, ReadRows(words[3]), rows, std::chrono::milliseconds(std::atoll(words[5])));
  } catch (const std::exception& fault) {
    fmt::print(stderr, "bench: {}\n", fault.what());
    return 1;
  }
  std::fflush(stdout);
  _Exit(0);  // the runtime's own exit handlers are not what is measured
}
