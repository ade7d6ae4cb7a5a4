#include "train/detail/quantile_matrix.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace edgewise::train::detail {
namespace {

/// NumPy's array interface: how XGBoost borrows memory.
std::string Borrow(const std::vector<float>& values, std::string_view shape) {
  return fmt::format(R"({{"data":[{},true],"shape":{},"typestr":"<f4","version":3}})", reinterpret_cast<std::uintptr_t>(values.data()),
                     shape);
}

/// Hands all rows to XGBoost as one batch, as often as it starts over.
struct Batch {
  const Dataset& data;
  DMatrixHandle proxy = nullptr;
  bool given = false;

  static void Reset(DataIterHandle self) { static_cast<Batch*>(self)->given = false; }
  static int Next(DataIterHandle self) {
    auto& batch = *static_cast<Batch*>(self);
    if (std::exchange(batch.given, true)) return 0;
    const auto rows = batch.data.rows();
    const auto values = Borrow(batch.data.x, fmt::format("[{},{}]", rows, batch.data.columns));
    const auto labels = Borrow(batch.data.y, fmt::format("[{}]", rows));
    if (XGProxyDMatrixSetDataDense(batch.proxy, values.c_str()) != 0) return -1;
    return XGDMatrixSetInfoFromInterface(batch.proxy, "label", labels.c_str()) == 0 ? 1 : -1;
  }
};

}  // namespace

Result<void> Checked(int answer) {
  if (answer == 0) return {};
  return Fail(Code::kInternal, fmt::format("XGBoost: {}", XGBGetLastError()));
}

Result<QuantileMatrix> QuantileMatrix::Make(const Dataset& data, int max_bin, int threads) {
  Batch batch{.data = data};
  EDGEWISE_TRY(Checked(XGProxyDMatrixCreate(&batch.proxy)));
  const QuantileMatrix proxy(batch.proxy);
  const auto config = fmt::format(R"({{"missing":NaN,"max_bin":{},"nthread":{}}})", max_bin, threads);
  DMatrixHandle handle = nullptr;
  EDGEWISE_TRY(
      Checked(XGQuantileDMatrixCreateFromCallback(&batch, batch.proxy, nullptr, &Batch::Reset, &Batch::Next, config.c_str(), &handle)));
  return QuantileMatrix(handle);
}

QuantileMatrix::QuantileMatrix(QuantileMatrix&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

QuantileMatrix::~QuantileMatrix() {
  if (handle_ != nullptr) XGDMatrixFree(handle_);
}

}  // namespace edgewise::train::detail
