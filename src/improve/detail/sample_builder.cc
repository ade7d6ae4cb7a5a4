#include "improve/detail/sample_builder.h"

#include <simdjson.h>

#include <cmath>
#include <limits>
#include <optional>

#include "event/event.h"

namespace edgewise::improve::detail {
namespace {

constexpr std::size_t kMostWords = 65'535;

/// `data` of a sample, as read; nothing of it has been judged yet.
struct Data {
  Digest layout;
  std::int32_t day = 0;
  bool label = false;
  float score = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> numbers;
  std::vector<std::string_view> categories;
};

bool ReadNumbers(const simdjson::dom::object& data, std::vector<float>& numbers) {
  simdjson::dom::array array;
  if (data["n"].get(array) != simdjson::SUCCESS) return false;
  numbers.clear();
  for (const auto element : array) {
    double number = std::numeric_limits<double>::quiet_NaN();
    if (!element.is_null() && element.get(number) != simdjson::SUCCESS) return false;
    numbers.push_back(static_cast<float>(number));
  }
  return true;
}

bool ReadCategories(const simdjson::dom::object& data, std::vector<std::string_view>& categories) {
  simdjson::dom::array array;
  if (data["c"].get(array) != simdjson::SUCCESS) return false;
  categories.clear();
  for (const auto element : array) {
    std::string_view word;
    if (!element.is_null() && element.get(word) != simdjson::SUCCESS) return false;
    categories.push_back(word);
  }
  return true;
}

bool ReadLabel(const simdjson::dom::object& data, bool& label) {
  std::int64_t number = 0;
  if (data["label"].get(number) != simdjson::SUCCESS || number < 0 || number > 1) return false;
  label = number == 1;
  return true;
}

bool ReadData(const simdjson::dom::object& object, Data& data) {
  std::string_view layout, day;
  if (object["layout"].get(layout) != simdjson::SUCCESS || object["day"].get(day) != simdjson::SUCCESS) return false;
  const auto digest = Digest::Parse(layout);
  const auto number = DayNumber(day);
  if (!digest || !number) return false;
  data.layout = *digest;
  data.day = *number;
  double score = std::numeric_limits<double>::quiet_NaN();
  if (object["score"].get(score) != simdjson::SUCCESS) score = std::numeric_limits<double>::quiet_NaN();
  data.score = static_cast<float>(score);
  return ReadLabel(object, data.label) && ReadNumbers(object, data.numbers) && ReadCategories(object, data.categories);
}

/// Whether a row belongs to the share that is kept: by its name alone, so that two replays keep the same ones.
bool InShare(const event::EventId& id, double share) {
  if (share >= 1) return true;
  const auto digest = Digest::Of(id.site + '/' + std::to_string(id.sequence));
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < 4; ++i) hash = hash << 8 | digest.bytes()[i];
  return hash * 0x1p-32 < share;
}

}  // namespace

struct SampleBuilder::Work {
  ReadOptions options;
  std::int32_t after = std::numeric_limits<std::int32_t>::min();
  SampleSet set;
  std::unordered_map<std::string, std::uint32_t> sites;
  std::unordered_map<std::string, std::uint16_t> words;
  simdjson::dom::parser parser;
  Data data;

  std::uint32_t SiteOf(const std::string& name) {
    const auto [found, added] = sites.emplace(name, static_cast<std::uint32_t>(set.sites.size()));
    if (added) set.sites.push_back(name);
    return found->second;
  }

  std::optional<std::uint16_t> CodeOf(std::string_view word) {
    const auto found = words.find(std::string(word));
    if (found != words.end()) return found->second;
    if (set.words.size() >= kMostWords) return std::nullopt;
    const auto code = static_cast<std::uint16_t>(set.words.size());
    words.emplace(word, code);
    set.words.emplace_back(word);
    return code;
  }

  /// The event's data; nothing when it is no sample that can be used.
  bool Understood(const event::Event& event) {
    if (event.type != event::kSampleV1) return false;
    simdjson::dom::object object;
    return parser.parse(event.data).get(object) == simdjson::SUCCESS && ReadData(object, data);
  }

  bool IsAskedFor(const event::Event& event) const {
    if (!options.site.empty() && event.id.site != options.site) return false;
    return data.day > after && event.time < options.until && InShare(event.id, options.share);
  }

  bool FitsWidths() {
    if (set.rows.empty()) {
      set.numbers = data.numbers.size();
      set.categories = data.categories.size();
    }
    return data.numbers.size() == set.numbers && data.categories.size() == set.categories;
  }

  bool Keep(const event::Event& event) {
    std::vector<std::uint16_t> codes;
    for (const auto word : data.categories) {
      const auto code = CodeOf(word);
      if (!code) return false;
      codes.push_back(*code);
    }
    set.rows.push_back({.lineage = event.lineage,
                        .sequence = event.id.sequence,
                        .known = event.time,
                        .day = data.day,
                        .score = data.score,
                        .object = static_cast<std::uint32_t>(set.objects.size() - 1),
                        .site = SiteOf(event.id.site),
                        .place = static_cast<std::uint32_t>(set.rows.size()),
                        .label = data.label});
    set.number_values.insert(set.number_values.end(), data.numbers.begin(), data.numbers.end());
    set.category_codes.insert(set.category_codes.end(), codes.begin(), codes.end());
    return true;
  }
};

SampleBuilder::SampleBuilder(std::unique_ptr<Work> work) : work_(std::move(work)) {}
SampleBuilder::SampleBuilder(SampleBuilder&&) noexcept = default;
SampleBuilder::~SampleBuilder() = default;

Result<SampleBuilder> SampleBuilder::Make(const ReadOptions& options) {
  auto work = std::make_unique<Work>();
  work->options = options;
  if (!options.after.empty()) {
    EDGEWISE_ASSIGN(work->after, DayNumber(options.after));
  }
  if (!(options.share >= 0 && options.share <= 1)) return Fail(Code::kInvalidArgument, "samples: share must be 0 .. 1");
  return SampleBuilder(std::move(work));
}

void SampleBuilder::Begin(std::string name, const Digest& digest) {
  work_->set.objects.push_back({.name = std::move(name), .digest = digest, .rows = 0});
}

void SampleBuilder::Add(std::string_view line) {
  auto& work = *work_;
  const auto event = event::FromJson(line);
  if (!event || !work.Understood(*event)) {
    ++work.set.set_aside;
  } else if (work.data.layout != work.options.layout) {
    ++work.set.other_layout;
  } else if (!work.IsAskedFor(*event)) {
    return;
  } else if (!work.FitsWidths() || !work.Keep(*event)) {
    ++work.set.set_aside;
  }
}

SampleSet SampleBuilder::Finish() {
  Settle(work_->set);
  return std::move(work_->set);
}

}  // namespace edgewise::improve::detail
