#include "site/entry.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace edgewise::site {
namespace {

enum class Tag : std::uint8_t { kRecords = 1, kScored = 2, kWatermark = 3, kLabel = 4 };

void PutDigest(ByteWriter32& out, const Digest& digest) {
  out.Fixed({reinterpret_cast<const char*>(digest.bytes().data()), digest.bytes().size()});
}

Digest GetDigest(ByteReader32& in) {
  std::array<std::uint8_t, 32> bytes{};
  const auto text = in.Fixed(bytes.size());
  std::copy(text.begin(), text.end(), bytes.begin());
  return Digest(bytes);
}

LineageId GetLineage(ByteReader32& in) {
  const auto bytes = in.Fixed(16);
  return bytes.size() == 16 ? LineageId::FromBytes(bytes) : LineageId();
}

void PutSample(ByteWriter32& out, const feature::Sample& sample) {
  out.Number(static_cast<std::uint16_t>(sample.numbers.size()));
  out.Fixed({reinterpret_cast<const char*>(sample.numbers.data()), sample.numbers.size() * sizeof(float)});
  out.Number(static_cast<std::uint16_t>(sample.categories.size()));
  for (const auto& category : sample.categories) out.Text(category);
}

feature::Sample GetSample(ByteReader32& in) {
  feature::Sample sample;
  sample.numbers.resize(in.Number<std::uint16_t>());
  const auto numbers = in.Fixed(sample.numbers.size() * sizeof(float));
  if (!numbers.empty()) std::memcpy(sample.numbers.data(), numbers.data(), numbers.size());
  const auto categories = in.Number<std::uint16_t>();
  for (int i = 0; i < categories && in.ok(); ++i) sample.categories.emplace_back(in.Text());
  return sample;
}

struct Encoder {
  ByteWriter32& out;

  void operator()(const RecordsEntry& entry) const {
    out.Number(static_cast<std::uint8_t>(Tag::kRecords));
    out.Text(entry.stream);
    out.Text(entry.lines);
  }
  void operator()(const ScoredEntry& entry) const {
    out.Number(static_cast<std::uint8_t>(Tag::kScored));
    out.Fixed(entry.lineage.bytes());
    PutDigest(out, entry.model);
    PutDigest(out, entry.layout);
    out.Number(entry.scored_at.ms);
    out.Number(entry.score);
    out.Text(entry.request);
    PutSample(out, entry.sample);
  }
  void operator()(const WatermarkEntry& entry) const {
    out.Number(static_cast<std::uint8_t>(Tag::kWatermark));
    out.Number(entry.time.ms);
  }
  void operator()(const LabelEntry& entry) const {
    out.Number(static_cast<std::uint8_t>(Tag::kLabel));
    out.Fixed(entry.lineage.bytes());
    out.Number(entry.time.ms);
    out.Number(static_cast<std::uint8_t>(entry.positive ? 1 : 0));
  }
};

ScoredEntry GetScored(ByteReader32& in) {
  ScoredEntry entry;
  entry.lineage = GetLineage(in);
  entry.model = GetDigest(in);
  entry.layout = GetDigest(in);
  entry.scored_at.ms = in.Number<std::int64_t>();
  entry.score = in.Number<double>();
  entry.request = in.Text();
  entry.sample = GetSample(in);
  return entry;
}

}  // namespace

std::string Encode(const Entry& entry) {
  ByteWriter32 out;
  std::visit(Encoder{out}, entry);
  return out.Take();
}

Result<Entry> Decode(std::string_view bytes) {
  ByteReader32 in(bytes);
  Entry entry;
  const auto tag = in.Number<std::uint8_t>();
  switch (static_cast<Tag>(tag)) {
    case Tag::kRecords: {
      RecordsEntry records;
      records.stream = in.Text();
      records.lines = in.Text();
      entry = std::move(records);
      break;
    }
    case Tag::kScored:
      entry = GetScored(in);
      break;
    case Tag::kWatermark:
      entry = WatermarkEntry{{in.Number<std::int64_t>()}};
      break;
    case Tag::kLabel: {
      LabelEntry label;
      label.lineage = GetLineage(in);
      label.time.ms = in.Number<std::int64_t>();
      label.positive = in.Number<std::uint8_t>() != 0;
      entry = label;
      break;
    }
    default:
      return Fail(Code::kDataLoss, "journal entry of an unknown kind; a newer edgewise may have written it");
  }
  if (!in.done()) return Fail(Code::kDataLoss, "journal entry has the wrong length");
  return entry;
}

std::string EncodeSample(const feature::Sample& sample) {
  ByteWriter32 out;
  PutSample(out, sample);
  return out.Take();
}

Result<feature::Sample> DecodeSample(std::string_view bytes) {
  ByteReader32 in(bytes);
  auto sample = GetSample(in);
  if (!in.done()) return Fail(Code::kDataLoss, "stored feature row has the wrong length");
  return sample;
}

}  // namespace edgewise::site
