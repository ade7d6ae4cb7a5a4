#include "hub/decode.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <zstd.h>

#include <memory>
#include <utility>

#include "base/json.h"

namespace edgewise::hub {
namespace {

using Object = simdjson::dom::object;
constexpr std::size_t kLargest = 256u << 20;  // unpacked; a batch of 1,000 events is about a megabyte

std::unexpected<Error> BadKey(std::string_view key, std::string_view expected) {
  return Fail(Code::kInvalidArgument, fmt::format("key \"{}\" must be {}", key, expected));
}

Result<std::string> Text(const Object& object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return BadKey(key, "a text");
  return std::string(text);
}

Result<std::uint64_t> Count(const Object& object, std::string_view key) {
  std::uint64_t number = 0;
  if (object[key].get(number) != simdjson::SUCCESS || number > std::uint64_t{1} << 62) return BadKey(key, "a count");
  return number;
}

Result<double> Number(const Object& object, std::string_view key) {
  double number = 0;
  if (object[key].get(number) != simdjson::SUCCESS) return BadKey(key, "a number");
  return number;
}

Result<Digest> ReadDigest(const Object& object, std::string_view key) {
  EDGEWISE_ASSIGN(const auto text, Text(object, key));
  if (text.empty()) return Digest();  // an hour without a model
  return Digest::Parse(text);
}

Result<std::string> Unpack(std::string_view packed) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  std::string text;
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::string piece(ZSTD_DStreamOutSize(), '\0');
  std::size_t left = 0;
  while (in.pos < in.size) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) return Fail(Code::kDataLoss, "object: not whole zstd");
    text.append(piece, 0, out.pos);
    if (text.size() > kLargest) return Fail(Code::kDataLoss, fmt::format("object: unpacks to more than {} bytes", kLargest));
  }
  if (left != 0) return Fail(Code::kDataLoss, "object: ends in the middle of a zstd frame");
  return text;
}

Result<Sample> ReadSample(const event::Event& event, const Object& data) {
  Sample sample{.id = event.id, .time = event.time, .lineage = event.lineage, .model = {}, .score = 0, .label = false, .day = ""};
  EDGEWISE_ASSIGN(sample.model, ReadDigest(data, "model"));
  EDGEWISE_ASSIGN(sample.score, Number(data, "score"));
  EDGEWISE_ASSIGN(const auto label, Count(data, "label"));
  sample.label = label != 0;
  EDGEWISE_ASSIGN(sample.day, Text(data, "day"));
  return sample;
}

/// A field that the policy may keep back, or that is null, reads as `missing`.
template <class T>
T ValueOr(Result<T> value, T missing) {
  return value ? std::move(*value) : std::move(missing);
}

Result<Insight> ReadInsight(const event::Event& event, const Object& data) {
  Insight insight;
  insight.id = event.id;
  insight.lineage = event.lineage;
  EDGEWISE_ASSIGN(const auto hour, Text(data, "hour"));
  EDGEWISE_ASSIGN(insight.hour, ParseTime(hour));
  EDGEWISE_ASSIGN(insight.scored, Count(data, "scored"));
  insight.mean_score = ValueOr(Number(data, "mean_score"), 0.0);
  insight.high_risk = ValueOr(Count(data, "high_risk"), std::uint64_t{0});
  insight.labelled = ValueOr(Count(data, "labelled"), std::uint64_t{0});
  insight.late = ValueOr(Count(data, "late"), std::uint64_t{0});
  insight.model = ValueOr(ReadDigest(data, "model"), Digest());
  simdjson::dom::array rows;
  if (data["rows"].get(rows) == simdjson::SUCCESS) {
    for (const auto row : rows) {
      std::string_view text;
      if (row.get(text) != simdjson::SUCCESS) continue;
      if (const auto id = LineageId::Parse(text)) insight.rows.push_back(*id);
    }
  }
  return insight;
}

Result<void> Sort(event::Event event, simdjson::dom::parser& parser, DecodedBatch& decoded) {
  if (NestsDeeper(event.data)) return BadKey("data", fmt::format("of {} levels at most", kDeepestJson));
  Object data;
  if (parser.parse(event.data).get(data) != simdjson::SUCCESS) return BadKey("data", "an object");
  if (event.type == event::kSampleV1) {
    EDGEWISE_ASSIGN(auto sample, ReadSample(event, data));
    decoded.samples.push_back(std::move(sample));
    return {};
  }
  if (event.type == event::kInsightV1) {
    EDGEWISE_ASSIGN(auto insight, ReadInsight(event, data));
    decoded.insights.push_back(std::move(insight));
  }
  decoded.events.push_back(std::move(event));
  return {};
}

Result<void> CheckOwner(const Batch& batch, const event::EventId& id) {
  if (id.site != batch.site || id.lane != batch.lane || id.epoch != batch.epoch) {
    return Fail(Code::kDataLoss, "object: holds an event of another site, epoch or lane than its manifest says");
  }
  if (id.sequence >= batch.first && id.sequence <= batch.last) return {};
  return Fail(Code::kDataLoss,
              fmt::format("object: holds sequence {}, outside its manifest's {} to {}", id.sequence, batch.first, batch.last));
}

Result<void> ReadLine(std::string_view line, std::uint64_t number, simdjson::dom::parser& parser, DecodedBatch& decoded) {
  const auto& batch = decoded.batch;
  auto event = event::FromJson(line);
  if (!event) {
    decoded.aside.push_back({batch.object, fmt::format("line {}", number), event.error().message});
    return {};
  }
  EDGEWISE_TRY(CheckOwner(batch, event->id));
  const auto id = event->id.ToString();
  if (!event::Understands(event->type)) {
    decoded.aside.push_back(
        {batch.object, id, fmt::format("event type \"{}\" is not known to this version; upgrade the hub", event->type)});
    return {};
  }
  if (const auto sorted = Sort(std::move(*event), parser, decoded); !sorted) {
    decoded.aside.push_back({batch.object, id, "event data: " + sorted.error().message});
  }
  return {};
}

}  // namespace

Result<Batch> ReadManifest(std::string_view json) {
  simdjson::dom::parser parser;
  Object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS)
    return Fail(Code::kInvalidArgument, "manifest: not a JSON object");
  EDGEWISE_ASSIGN(const auto schema, Text(object, "schema"));
  if (schema != "edgewise.batch.v1") {
    return Fail(Code::kInvalidArgument, fmt::format("manifest: schema \"{}\" is not known to this version; upgrade the hub", schema));
  }
  Batch batch;
  EDGEWISE_ASSIGN(batch.object, Text(object, "object"));
  EDGEWISE_ASSIGN(batch.site, Text(object, "site"));
  EDGEWISE_ASSIGN(const auto lane, Text(object, "lane"));
  EDGEWISE_ASSIGN(batch.lane, event::ParseLane(lane));
  EDGEWISE_ASSIGN(batch.epoch, Count(object, "epoch"));
  EDGEWISE_ASSIGN(batch.first, Count(object, "first"));
  EDGEWISE_ASSIGN(batch.last, Count(object, "last"));
  EDGEWISE_ASSIGN(batch.events, Count(object, "events"));
  EDGEWISE_ASSIGN(batch.denied, Count(object, "denied"));
  batch.leak_bits_max = static_cast<int>(ValueOr(Count(object, "leak_bits_max"), std::uint64_t{0}));
  EDGEWISE_ASSIGN(batch.policy, ReadDigest(object, "policy"));
  EDGEWISE_ASSIGN(batch.output, ReadDigest(object, "output"));
  return batch;
}

Result<DecodedBatch> Decode(Batch batch, std::string_view bytes) {
  if (Digest::Of(bytes) != batch.output) return Fail(Code::kDataLoss, "object: its bytes do not fit the manifest's digest");
  EDGEWISE_ASSIGN(const auto text, Unpack(bytes));
  DecodedBatch decoded;
  decoded.batch = std::move(batch);
  simdjson::dom::parser parser;
  std::uint64_t lines = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    EDGEWISE_TRY(ReadLine(line, ++lines, parser, decoded));
  }
  if (lines == decoded.batch.events) return decoded;
  return Fail(Code::kDataLoss, fmt::format("object: has {} events, its manifest says {}", lines, decoded.batch.events));
}

}  // namespace edgewise::hub
