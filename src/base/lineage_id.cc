#include "base/lineage_id.h"

#include <sys/random.h>

#include <algorithm>

#include "base/check.h"
#include "base/digest.h"

namespace edgewise {

LineageId LineageId::Random() {
  LineageId id;
  EDGEWISE_CHECK(getrandom(id.bytes_.data(), id.bytes_.size(), 0) == static_cast<ssize_t>(id.bytes_.size()));
  return id;
}

Result<LineageId> LineageId::Parse(std::string_view text) {
  auto bytes = text.size() == 32 ? HexDecode(text) : Result<std::string>(std::string());
  if (!bytes || bytes->size() != 16) return Fail(Code::kInvalidArgument, "lineage id is not 32 lower-case hex digits");
  const LineageId id = FromBytes(*bytes);
  if (id.IsZero()) return Fail(Code::kInvalidArgument, "lineage id is all zero");
  return id;
}

LineageId LineageId::FromBytes(std::string_view bytes) {
  LineageId id;
  EDGEWISE_CHECK(bytes.size() == id.bytes_.size());
  std::copy(bytes.begin(), bytes.end(), id.bytes_.begin());
  return id;
}

std::string LineageId::ToString() const { return HexEncode(bytes()); }

}  // namespace edgewise
