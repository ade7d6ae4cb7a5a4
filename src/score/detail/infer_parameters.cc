#include "score/detail/infer_parameters.h"

#include <fmt/format.h>

#include "score/detail/numbers.h"
#include "score/detail/parameter_rules.h"

namespace edgewise::score::detail {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kLongestName = 256;

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

Result<void> Once(bool there, std::string_view key) {
  if (there) return Invalid(fmt::format("parameter \"{}\" is there twice", key));
  return {};
}

Result<void> ReadFlag(std::string_view key, ondemand::value value, std::optional<bool>& out) {
  EDGEWISE_TRY(Once(out.has_value(), key));
  bool flag = false;
  if (value.get_bool().get(flag)) return Invalid(fmt::format("parameter \"{}\" must be true or false", key));
  out = flag;
  return {};
}

Result<void> ReadCount(std::string_view key, ondemand::value value, std::optional<std::uint64_t>& out) {
  EDGEWISE_TRY(Once(out.has_value(), key));
  std::uint64_t count = 0;
  if (value.get_uint64().get(count)) return std::unexpected(NotACount(key));
  out = count;
  return {};
}

Result<void> ReadOther(std::string_view key, ondemand::value value) {
  ondemand::json_type kind{};
  if (const auto error = value.type().get(kind)) return std::unexpected(NotJson(error));
  if (kind == ondemand::json_type::array || kind == ondemand::json_type::object || kind == ondemand::json_type::null) {
    return Invalid(fmt::format("parameter {} must be text, a number, true or false", Quoted(key)));
  }
  if (!IsOffered(key)) return std::unexpected(NotOffered(Quoted(key)));
  return SkipJson(value);
}

Result<void> ReadOne(std::string_view key, ondemand::value value, InferParameters& out) {
  if (key.size() > kLongestName) return Invalid(fmt::format("a parameter's name has {} bytes, at most {}", key.size(), kLongestName));
  if (key == "binary_data_size") return ReadCount(key, value, out.binary_data_size);
  if (key == "binary_data") return ReadFlag(key, value, out.binary_data);
  if (key == "binary_data_output") return ReadFlag(key, value, out.binary_data_output);
  if (key == "timeout") return ReadCount(key, value, out.timeout);
  return ReadOther(key, value);
}

}  // namespace

Result<bool> IsNull(ondemand::value& value) {
  ondemand::json_type kind{};
  if (const auto error = value.type().get(kind)) return std::unexpected(NotJson(error));
  if (kind != ondemand::json_type::null) return false;
  bool is_null = false;
  const auto error = value.is_null().get(is_null);
  if (error || !is_null) return std::unexpected(NotJson(error ? error : simdjson::N_ATOM_ERROR));
  return true;
}

Result<InferParameters> ReadInferParameters(ondemand::value value) {
  InferParameters parameters;
  EDGEWISE_ASSIGN(const bool none, IsNull(value));
  if (none) return parameters;
  ondemand::object object;
  if (value.get_object().get(object)) return Invalid("\"parameters\" must be an object");
  EDGEWISE_TRY(ForEachMember(object, [&](std::string_view key, ondemand::value one) { return ReadOne(key, one, parameters); }));
  return parameters;
}

}  // namespace edgewise::score::detail
