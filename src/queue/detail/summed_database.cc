#include "queue/detail/summed_database.h"

#include <array>
#include <cstring>

#include "base/log.h"

namespace edgewise::queue::detail {
namespace {

constexpr std::size_t kSummedBytes = kPageBytes - kReservedBytes;
constexpr std::size_t kReservedAt = 20;
static_assert(sizeof(PageSum) == kReservedBytes);

using Page = std::array<char, kPageBytes>;

PageSum ReadSum(std::span<const char> page) {
  PageSum sum;
  std::memcpy(&sum, page.data() + kSummedBytes, sizeof sum);
  return sum;
}

void WriteSum(std::span<char> page, const PageSum& sum) { std::memcpy(page.data() + kSummedBytes, &sum, sizeof sum); }

/// One that SQLite has never written has no sum.
Damage MendPage(std::span<char> page) {
  auto sum = ReadSum(page);
  if (sum == PageSum()) return Damage::kNone;
  const auto damage = Mend(page.first(kSummedBytes), sum);
  WriteSum(page, sum);
  return damage;
}

bool HasRoom(std::string_view first_page) { return first_page[kReservedAt] == kReservedBytes; }

}  // namespace

/// A first page that says that it has no sum may say so for a flipped bit.
Result<std::unique_ptr<Files::RandomFile>> SummedDatabase::Open(std::unique_ptr<RandomFile> file, std::string name,
                                                                std::function<void()> tell) {
  std::unique_ptr<SummedDatabase> database(new SummedDatabase(std::move(file), std::move(name), std::move(tell)));  // private constructor
  Page first;
  EDGEWISE_ASSIGN(const auto have, database->file_->ReadAt(0, first));
  if (have == first.size()) {
    const bool bears_sum = ReadSum(first) != PageSum() && MendPage(first) != Damage::kBeyondMending;
    database->summed_ = bears_sum || HasRoom({first.data(), first.size()});
  }
  return database;
}

Result<std::size_t> SummedDatabase::ReadAt(std::uint64_t offset, std::span<char> into) {
  const auto within = static_cast<std::size_t>(offset % kPageBytes);
  if (!summed_ || within + into.size() > kPageBytes) return file_->ReadAt(offset, into);
  Page page;
  EDGEWISE_ASSIGN(const auto have, file_->ReadAt(offset - within, page));
  if (have < page.size()) return file_->ReadAt(offset, into);
  if (into.size() == kPageBytes) {
    Examine(offset / kPageBytes + 1, page);
  } else {  // of the first page, before SQLite knows whether its log has a newer one: it may be torn
    (void)MendPage(page);
  }
  std::memcpy(into.data(), page.data() + within, into.size());
  return into.size();
}

void SummedDatabase::Examine(std::uint64_t page, std::span<char> bytes) {
  const auto damage = MendPage(bytes);
  if (damage == Damage::kNone) return;
  if (damage == Damage::kBeyondMending)
    return log::Failed("{}: page {} is damaged in more than one bit; what is left of it is used", name_, page);
  if (!locked_) return;  // somebody else may be writing; it will be read once more
  // Best effort: whatever of it reaches the disk, the next who reads the page gets the same.
  if (!file_->WriteAt((page - 1) * kPageBytes, {bytes.data(), bytes.size()})) return;
  log::Warn("{}: a flipped bit in page {} was mended", name_, page);
  tell_();
}

Result<void> SummedDatabase::WriteAt(std::uint64_t offset, std::string_view bytes) {
  const bool whole = bytes.size() == kPageBytes && offset % kPageBytes == 0;
  if (whole && offset == 0) summed_ = HasRoom(bytes);
  if (!whole || !summed_) return file_->WriteAt(offset, bytes);
  Page page;
  std::memcpy(page.data(), bytes.data(), bytes.size());
  WriteSum(page, SumOf(std::span(page).first(kSummedBytes)));
  return file_->WriteAt(offset, {page.data(), page.size()});
}

Result<void> SummedDatabase::Lock() {
  EDGEWISE_TRY(file_->Lock());
  locked_ = true;
  return {};
}

}  // namespace edgewise::queue::detail
