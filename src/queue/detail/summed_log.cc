#include "queue/detail/summed_log.h"

#include "base/log.h"
#include "queue/detail/log_mending.h"

namespace edgewise::queue::detail {
Result<std::unique_ptr<Files::RandomFile>> SummedLog::Open(std::unique_ptr<RandomFile> file, std::string name, std::function<void()> tell) {
  std::unique_ptr<SummedLog> log(new SummedLog(std::move(file), std::move(name), std::move(tell)));  // private constructor
  EDGEWISE_TRY(log->MendAndWriteAgain());
  return log;
}

Result<void> SummedLog::MendAndWriteAgain() {
  std::string bytes;
  EDGEWISE_ASSIGN(const auto size, file_->Size());
  if (size == 0) return {};
  bytes.resize(size);
  EDGEWISE_ASSIGN(const auto have, file_->ReadAt(0, bytes));
  if (have < size) return Fail(Code::kUnavailable, "the log became shorter while it was read");
  const auto result = MendLog(bytes);
  EDGEWISE_TRY(file_->WriteAt(0, bytes));
  EDGEWISE_TRY(file_->Sync());
  for (std::size_t i = 0; i < result.mended; ++i) tell_();
  if (result.mended > 0) log::Warn("{}: {} flipped bits were mended", name_, result.mended);
  if (result.unknown > 0) log::Failed("{}: a bit is flipped in {} pages, and nobody can tell which; they are used", name_, result.unknown);
  for (auto at = kLogHead; at + kFrameBytes <= bytes.size(); at += kFrameBytes)
    sums_.push_back(SumOf(std::string_view(bytes).substr(at + kFrameHead, kPageBytes)));
  return {};
}

/// Nothing unless a whole page of a frame is there.
PageSum* SummedLog::SumOfPageAt(std::uint64_t offset, std::size_t size) {
  if (size != kPageBytes || offset < kLogHead + kFrameHead || (offset - kLogHead) % kFrameBytes != kFrameHead) return nullptr;
  const auto frame = static_cast<std::size_t>((offset - kLogHead) / kFrameBytes);
  if (frame >= sums_.size()) sums_.resize(frame + 1);
  return &sums_[frame];
}

Result<std::size_t> SummedLog::ReadAt(std::uint64_t offset, std::span<char> into) {
  EDGEWISE_ASSIGN(const auto have, file_->ReadAt(offset, into));
  auto* const sum = SumOfPageAt(offset, have);
  if (sum == nullptr || *sum == PageSum()) return have;
  const auto damage = Mend(into, *sum);
  if (damage == Damage::kBeyondMending)
    log::Failed("{}: the page at {} is damaged in more than one bit; what is left of it is used", name_, offset);
  if (damage != Damage::kMended || !file_->WriteAt(offset, {into.data(), into.size()})) return have;
  log::Warn("{}: a flipped bit in the page at {} was mended", name_, offset);
  tell_();
  return have;
}

Result<void> SummedLog::WriteAt(std::uint64_t offset, std::string_view bytes) {
  auto* const sum = SumOfPageAt(offset, bytes.size());
  if (sum != nullptr) *sum = {};  // unknown if the write fails
  EDGEWISE_TRY(file_->WriteAt(offset, bytes));
  if (sum != nullptr) *sum = SumOf(bytes);
  return {};
}

}  // namespace edgewise::queue::detail
