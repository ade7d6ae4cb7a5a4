#include "train_samples.h"

#include <fmt/format.h>
#include <zstd.h>

#include <cmath>
#include <fstream>

#include "event/event.h"
#include "output_file.h"
#include "site/machine.h"

namespace edgewise {
namespace {

constexpr std::size_t kPiece = 1U << 20U;

/// One zstd frame, written piece by piece.
class PackedFile {
 public:
  explicit PackedFile(const std::filesystem::path& file) : out_(file), context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, 3);
  }
  Result<void> Add(std::string_view text) {
    waiting_ += text;
    return waiting_.size() >= kPiece ? Write(ZSTD_e_continue) : out_.Check();
  }
  Result<void> Finish() {
    EDGEWISE_TRY(Write(ZSTD_e_end));
    return out_.Finish();
  }

 private:
  Result<void> Write(ZSTD_EndDirective how) {
    std::string packed(ZSTD_CStreamOutSize(), '\0');
    ZSTD_inBuffer in{waiting_.data(), waiting_.size(), 0};
    std::size_t left = 1;
    while (in.pos < in.size || (how == ZSTD_e_end && left != 0)) {
      ZSTD_outBuffer out{packed.data(), packed.size(), 0};
      left = ZSTD_compressStream2(context_.get(), &out, &in, how);
      if (ZSTD_isError(left) != 0) return Fail(Code::kInternal, fmt::format("zstd: {}", ZSTD_getErrorName(left)));
      EDGEWISE_TRY(out_.Write(std::string_view(packed).substr(0, out.pos)));
    }
    waiting_.clear();
    return {};
  }
  OutputFile out_;
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context_;
  std::string waiting_;
};

/// `{"stream":"landing","time":...}` -> kind "stream", name "landing", object `{"time":...}`.
struct Line {
  bool score = false;
  std::string name;
  std::string object;
};

std::optional<Line> ReadLine(std::string_view text) {
  for (const bool score : {false, true}) {
    const std::string_view head = score ? R"({"score":")" : R"({"stream":")";
    const auto end = text.find('"', head.size());
    if (!text.starts_with(head) || end == std::string_view::npos || end + 1 >= text.size()) continue;
    auto rest = text.substr(end + 1);
    if (rest.front() == ',') rest.remove_prefix(1);
    return Line{score, std::string(text.substr(head.size(), end - head.size())), fmt::format("{{{}", rest)};
  }
  return std::nullopt;
}

class Maker {
 public:
  Maker(const Example& example, std::string site, EventTime until, const std::filesystem::path& out)
      : machine_({.rules = example.rules,
                  .program = example.program,
                  .tables = example.tables,
                  .card = [](const Digest&) { return std::shared_ptr<const train::ModelCard>(); }}),
        program_(example.program),
        site_(std::move(site)),
        until_(until),
        out_(out) {
    machine_.features().Add(program_);
  }

  Result<void> Take(const Line& line) {
    ++made_.lines;
    if (line.score) {
      EDGEWISE_TRY(Score(line.object));
    } else {
      EDGEWISE_ASSIGN(const auto checked, machine_.Check(line.name, line.object + "\n"));
      EDGEWISE_TRY(machine_.Apply(checked.entry, effects_));
    }
    for (auto& event : effects_.events) EDGEWISE_TRY(Keep(event));
    effects_ = {};
    return {};
  }
  Result<void> Finish() { return out_.Finish(); }
  const SamplesMade& made() const { return made_; }

 private:
  Result<void> Score(const std::string& object) {
    EDGEWISE_ASSIGN(const auto request, machine_.parser().Parse(program_.request(), object, feature::RecordParser::Form::kRequest));
    site::ScoredEntry entry;
    machine_.Compute(program_, request, entry.sample);
    const auto digest = Digest::Of(fmt::format("{}/history/{}", site_, made_.lines)).ToString();
    entry.lineage = LineageId::FromBytes(digest.substr(digest.size() - 16));
    entry.request = object;
    entry.layout = program_.layout();
    entry.scored_at = request.time;
    entry.score = std::nan("");  // nobody served one
    return machine_.Apply(entry, effects_);
  }
  Result<void> Keep(event::Event& event) {
    if (event.type != event::kSampleV1 || event.time >= until_) return {};
    event.id = {.site = site_, .epoch = 0, .lane = event::Lane::kSample, .sequence = ++made_.samples};
    return out_.Add(event::ToJson(event) + '\n');
  }

  site::Machine machine_;
  feature::Program program_;
  std::string site_;
  EventTime until_;
  PackedFile out_;
  site::Effects effects_;
  SamplesMade made_;
};

}  // namespace

Result<SamplesMade> MakeSamples(const Example& example, const std::string& site, const std::filesystem::path& records, EventTime until,
                                const std::filesystem::path& out) {
  std::ifstream in(records);
  if (!in) return Fail(Code::kNotFound, fmt::format("{} cannot be read; it must hold the site's records as JSON lines", records.string()));
  Maker maker(example, site, until, out);
  std::size_t number = 0;
  for (std::string text; std::getline(in, text);) {
    ++number;
    const auto line = ReadLine(text);
    if (!line)
      return Fail(Code::kInvalidArgument,
                  fmt::format(R"({}:{}: a line begins {{"stream":"... or {{"score":"...)", records.string(), number));
    if (const auto taken = maker.Take(*line); !taken) {
      return Fail(taken.error().code, fmt::format("{}:{}: {}", records.string(), number, taken.error().message));
    }
  }
  EDGEWISE_TRY(maker.Finish());
  return maker.made();
}

}  // namespace edgewise
