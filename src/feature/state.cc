#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/check.h"
#include "feature/detail/parts.h"
#include "feature/detail/plan.h"
#include "feature/detail/source.h"

namespace edgewise::feature {
namespace {

using detail::Places, detail::Source;

constexpr std::string_view kHead = "EWFEAT1\n";

bool SameFields(const std::vector<FieldSpec>& a, const std::vector<FieldSpec>& b) {
  return std::ranges::equal(a, b, [](const FieldSpec& x, const FieldSpec& y) { return x.kind == y.kind && x.name == y.name; });
}

}  // namespace

struct State::Impl {
  struct Slot {
    detail::OperatorSpec spec;
    std::unique_ptr<Source> source;
  };
  struct Reader {
    Source* source;
    Places places;
  };
  /// Who reads a stream, and where in its records.
  struct Binding {
    StreamSpec stream;
    std::vector<Reader> readers;
  };

  Tables tables;
  std::map<std::string, Slot> slots;  // by canonical text
  std::vector<Binding> bindings;      // made when a stream is first seen; dropped when slots change
  std::vector<detail::Plan> plans;    // likewise
  std::string key;                    // scratch

  void Put(const std::string& text, Slot slot) {
    slots[text] = std::move(slot);
    bindings.clear();
    plans.clear();
  }

  std::size_t AddMissing(const Program& program, const State::Impl* present) {
    std::size_t added = 0;
    for (const auto& op : program.parts().spec.operators) {
      const auto text = op.spec.Text();
      if (slots.contains(text) || (present != nullptr && present->slots.contains(text))) continue;
      auto source = detail::MakeSource(op.spec);
      EDGEWISE_CHECK(source);  // the program has been checked, its zones were there
      Put(text, {op.spec, *std::move(source)});
      ++added;
    }
    return added;
  }

  const Binding& Bind(const StreamSpec& stream) {
    const auto found =
        std::ranges::find(bindings, stream.name, [](const Binding& binding) -> const std::string& { return binding.stream.name; });
    if (found != bindings.end() && SameFields(found->stream.fields, stream.fields)) return *found;
    Binding& binding = found != bindings.end() ? *found : bindings.emplace_back();
    binding = {stream, {}};
    for (auto& [text, slot] : slots) {
      const bool closes = std::ranges::find(slot.spec.closed_by, stream.name) != slot.spec.closed_by.end();
      if (slot.spec.stream != stream.name && !closes) continue;
      binding.readers.push_back({slot.source.get(), detail::FindPlaces(slot.spec, stream)});
      binding.readers.back().places.closes = closes;
    }
    return binding;
  }

  const detail::Plan& PlanOf(const Program& program) {
    for (const auto& plan : plans)
      if (plan.program.digest() == program.digest()) return plan;
    const auto source_of = [&](const detail::OperatorSpec& op) {
      const auto found = slots.find(op.Text());
      EDGEWISE_CHECK(found != slots.end());  // Add() the program first
      return found->second.source.get();
    };
    plans.push_back(detail::MakePlan(program, tables, source_of));
    return plans.back();
  }
};

State::State(Tables tables) : impl_(std::make_unique<Impl>()) { impl_->tables = std::move(tables); }
State::~State() = default;
State::State(State&&) noexcept = default;
State& State::operator=(State&&) noexcept = default;

std::size_t State::Add(const Program& program) { return impl_->AddMissing(program, nullptr); }

std::size_t State::operators() const { return impl_->slots.size(); }

State State::Missing(const Program& program) const {
  State missing({});
  missing.impl_->AddMissing(program, impl_.get());
  return missing;
}

void State::Adopt(State warmed) {
  for (auto& [text, slot] : warmed.impl_->slots) impl_->Put(text, std::move(slot));
}

void State::Apply(const StreamSpec& stream, const Record& record) {
  EDGEWISE_CHECK(record.values.size() == stream.fields.size());
  for (const auto& reader : impl_->Bind(stream).readers)
    if (detail::WriteKey(reader.places, record, impl_->key)) reader.source->Apply(record, reader.places, impl_->key);
}

void State::Compute(const Program& program, const Record& request, Sample& sample) {
  EDGEWISE_CHECK(request.values.size() == program.request().fields.size());
  detail::Compute(impl_->PlanOf(program), request, impl_->key, sample);
}

// Layout: docs/formats/features.md.
std::string State::Save() const {
  ByteWriter out;
  out.Number(static_cast<std::uint64_t>(impl_->slots.size()));
  for (const auto& [text, slot] : impl_->slots) {
    ByteWriter one;
    slot.source->Save(one);
    out.Text(text);
    out.Text(one.Take());
  }
  const auto body = out.Take();
  return fmt::format("{}{}\n{}", kHead, Digest::Of(body).Hex(), body);
}

Result<State> State::Load(std::string_view bytes, Tables tables) {
  constexpr std::size_t kHex = 64;
  const auto damaged = [] { return Fail(Code::kDataLoss, "feature state: damaged; rebuild it from the journal"); };
  if (!bytes.starts_with(kHead.substr(0, 6)) || bytes.size() < kHead.size() + kHex + 1) return damaged();
  if (!bytes.starts_with(kHead)) return Fail(Code::kFailedPrecondition, "feature state: written by a newer version; upgrade Edgewise");
  const auto body = bytes.substr(kHead.size() + kHex + 1);
  if (Digest::Of(body).Hex() != bytes.substr(kHead.size(), kHex)) return damaged();

  State state(std::move(tables));
  ByteReader in(body);
  const auto count = in.Number<std::uint64_t>();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::string text(in.Text());
    ByteReader one(in.Text());
    const auto spec = detail::OperatorFromText(text);
    if (!spec) return Fail(Code::kFailedPrecondition, "feature state: holds an operator of a newer version; upgrade Edgewise");
    EDGEWISE_ASSIGN(auto source, detail::MakeSource(*spec));
    source->Load(one);
    if (!one.done()) return damaged();
    state.impl_->Put(text, {*spec, std::move(source)});
  }
  if (!in.done()) return damaged();
  return state;
}

}  // namespace edgewise::feature
