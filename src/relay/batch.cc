#include <fmt/format.h>
#include <zstd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "relay/detail/names.h"
#include "relay/detail/rules.h"

namespace edgewise::relay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMagic = "EWCUT001";
constexpr int kLevel = 3;  // measured: higher ones cost more time than the bytes they save are worth here
constexpr std::size_t kSealSize = 32;

std::string Compress(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const auto size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
  EDGEWISE_CHECK(ZSTD_isError(size) == 0);
  packed.resize(size);
  return packed;
}

void NameObjects(BatchHead& head) {
  const auto name = fmt::format("{}-{:012}", detail::NameFrom(head), head.last);
  head.object_name = name + ".jsonl.zst";
  head.manifest_name = name + std::string(detail::kManifestEnding);
}

std::string Manifest(const BatchHead& head) {
  const Json json = {{"schema", "edgewise.batch.v1"},
                     {"site", head.site},
                     {"lane", event::LaneName(head.lane)},
                     {"epoch", head.epoch},
                     {"first", head.first},
                     {"last", head.last},
                     {"events", head.events},
                     {"denied", head.denied},
                     {"leak_bits_max", head.leak_bits_max},
                     {"policy", head.policy.ToString()},
                     {"output", head.output.ToString()},
                     {"object", head.object_name}};
  return json.dump() + '\n';
}

Result<BatchHead> HeadFrom(std::string_view manifest) {
  try {
    const auto json = Json::parse(manifest);
    BatchHead head;
    head.site = json.at("site");
    EDGEWISE_ASSIGN(head.lane, event::ParseLane(json.at("lane").get<std::string>()));
    head.epoch = json.at("epoch");
    head.first = json.at("first");
    head.last = json.at("last");
    head.events = json.at("events");
    head.denied = json.at("denied");
    head.leak_bits_max = json.at("leak_bits_max");
    EDGEWISE_ASSIGN(head.policy, Digest::Parse(json.at("policy").get<std::string>()));
    EDGEWISE_ASSIGN(head.output, Digest::Parse(json.at("output").get<std::string>()));
    NameObjects(head);
    return head;
  } catch (const Json::exception&) {
    return Fail(Code::kDataLoss, "relay: the cut of a batch is sealed and yet not readable");
  }
}

/// Four numbers of the cut that stand before its bytes.
using Numbers = std::array<std::uint64_t, 4>;  // manifest size, object size, allowed ever, denied ever

std::string SealOf(std::string_view key, std::string_view bytes) {
  const auto digest = Hmac(key, bytes).bytes();
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string detail::LanePrefix(std::string_view site, event::Lane lane) { return fmt::format("sites/{}/{}/", site, event::LaneName(lane)); }

std::string detail::NameFrom(const BatchHead& head) {
  return fmt::format("{}e{:06}/{:012}", LanePrefix(head.site, head.lane), head.epoch, head.first);
}

std::optional<detail::BatchRange> detail::RangeOf(std::string_view name) {
  const auto slash = name.rfind('/');
  const auto epoch = slash == std::string_view::npos ? slash : name.rfind("/e", slash - 1);
  const auto dash = name.find('-', slash + 1);
  if (epoch == std::string_view::npos || dash == std::string_view::npos) return std::nullopt;
  BatchRange range;
  const auto read = [name](std::size_t at, std::uint64_t& number) {
    return std::from_chars(name.data() + at, name.data() + name.size(), number).ec == std::errc();
  };
  const bool whole = read(epoch + 2, range.epoch) && read(slash + 1, range.first) && read(dash + 1, range.last);
  return whole ? std::optional(range) : std::nullopt;
}

Batch Policy::Cut(std::string_view site, event::Lane lane, std::span<const event::Raw<event::Event>> events) const {
  EDGEWISE_CHECK(!events.empty());
  detail::Judge judge(*rules_);
  detail::AuditLines lines(rules_->digest);
  BatchHead head;
  head.site = site;
  head.lane = lane;
  head.epoch = events.front().value().id.epoch;
  head.policy = rules_->digest;
  head.first = events.front().value().id.sequence;
  head.last = events.back().value().id.sequence;
  std::string text, audit;
  for (const auto& raw : events) {
    const auto& event = raw.value();
    EDGEWISE_CHECK(event.id.site == site && event.id.lane == lane && event.id.epoch == head.epoch);
    const auto decision = judge.Decide(event, text);
    lines.Append(event, decision, audit);
    if (decision.rule == nullptr) {
      ++head.denied;
      continue;
    }
    text += '\n';
    ++head.events;
    head.leak_bits_max = std::max(head.leak_bits_max, static_cast<int>(std::ceil(decision.trace.bits)));
  }
  auto packed = Compress(text);
  head.output = Digest::Of(packed);
  NameObjects(head);
  auto manifest = Manifest(head);
  return {std::move(head), event::Permitted<std::string>(std::move(packed)), event::Permitted<std::string>(std::move(manifest)),
          std::move(audit)};
}

Verdict Policy::Judge(const event::Raw<event::Event>& event) const {
  std::string line;
  const auto decision = detail::Judge(*rules_).Decide(event.value(), line);
  Verdict verdict;
  if (decision.rule == nullptr) {
    verdict.rule = decision.reason;
    return verdict;
  }
  verdict.allowed = true;
  verdict.rule = decision.rule->type;
  verdict.dropped = detail::Names(*decision.rule, decision.trace.dropped);
  verdict.pseudonymised = detail::Names(*decision.rule, decision.trace.pseudonymised);
  verdict.unnamed = decision.trace.unnamed;
  verdict.leak_bits = static_cast<int>(std::ceil(decision.trace.bits));
  verdict.line = event::Permitted<std::string>(std::move(line));
  return verdict;
}

std::string Policy::Seal(const Batch& batch) const {
  const Numbers numbers = {batch.manifest.value().size(), batch.object.value().size(), batch.allowed_ever, batch.denied_ever};
  std::string bytes(kMagic);
  bytes.append(reinterpret_cast<const char*>(numbers.data()), sizeof numbers);
  bytes += batch.manifest.value();
  bytes += batch.object.value();
  return bytes + SealOf(rules_->seal_key, bytes);
}

namespace {

/// A cut without its seal.
struct Unsealed {
  Numbers numbers{};
  std::string_view manifest, object;
};

Result<Unsealed> ReadCut(std::string_view bytes) {
  Unsealed cut;
  if (bytes.size() >= kMagic.size() && bytes.starts_with("EWCUT") && !bytes.starts_with(kMagic))
    return Fail(Code::kFailedPrecondition, "relay: the cut of a batch was written by a newer version; upgrade");
  const auto fixed = kMagic.size() + sizeof cut.numbers;
  if (bytes.size() < fixed + kSealSize) return Fail(Code::kDataLoss, "relay: the cut of a batch is cut off");
  std::memcpy(cut.numbers.data(), bytes.data() + kMagic.size(), sizeof cut.numbers);
  const auto rest = bytes.substr(fixed, bytes.size() - fixed - kSealSize);
  if (cut.numbers[0] > rest.size() || cut.numbers[1] != rest.size() - cut.numbers[0])
    return Fail(Code::kDataLoss, "relay: the cut of a batch has another length than it says");
  cut.manifest = rest.substr(0, cut.numbers[0]);
  cut.object = rest.substr(cut.numbers[0]);
  return cut;
}

}  // namespace

Result<BatchHead> detail::HeadOfCut(std::string_view cut) {
  EDGEWISE_ASSIGN(const auto read, ReadCut(cut));
  return HeadFrom(read.manifest);
}

Result<Batch> Policy::Reopen(std::string_view bytes) const {
  const auto body = bytes.substr(0, bytes.size() - std::min(bytes.size(), kSealSize));
  const auto cut = ReadCut(bytes);
  if (!cut && cut.error().code != Code::kDataLoss) return std::unexpected(cut.error());
  if (!cut || bytes.substr(body.size()) != SealOf(rules_->seal_key, body)) {
    return Fail(Code::kDataLoss,
                "relay: the cut of a batch is damaged, or was sealed with another key; give the site its former key back, or move the "
                ".cut file away: its events are then judged again");
  }
  EDGEWISE_ASSIGN(auto head, HeadFrom(cut->manifest));
  Batch batch{std::move(head),
              event::Permitted<std::string>(std::string(cut->object)),
              event::Permitted<std::string>(std::string(cut->manifest)),
              {}};
  batch.allowed_ever = cut->numbers[2];
  batch.denied_ever = cut->numbers[3];
  return batch;
}

}  // namespace edgewise::relay
