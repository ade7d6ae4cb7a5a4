#include "queue/detail/sqlite_records.h"

#include <utility>

#include "queue/detail/checksum.h"

namespace edgewise::queue::detail {
namespace {

std::int64_t Number(event::Lane lane) { return static_cast<std::int64_t>(lane); }
std::int64_t Number(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t Unsigned(const SqliteStatement& row, int column) { return static_cast<std::uint64_t>(row.Integer(column)); }

/// Resets a statement that is left before its end, so that its transaction can end.
class Resetting {
 public:
  explicit Resetting(SqliteStatement& statement) : statement_(statement) {}
  ~Resetting() { statement_.Reset(); }
  Resetting(const Resetting&) = delete;
  Resetting& operator=(const Resetting&) = delete;

 private:
  SqliteStatement& statement_;
};

/// Of (sequence, checksum, body).
SqliteRecords::Row ReadRow(const SqliteStatement& row) {
  return {Unsigned(row, 0), static_cast<std::uint32_t>(row.Integer(1)), row.Text(2)};
}

/// Of (sequence, ..., body, damaged, reason).
SqliteRecords::AsideRow ReadAside(const SqliteStatement& row) { return {Unsigned(row, 0), row.Integer(3) != 0, row.Text(2), row.Text(4)}; }

}  // namespace

Result<std::unique_ptr<SqliteRecords>> SqliteRecords::Open(Files& files, const std::filesystem::path& path,
                                                           const std::optional<Owner>& owner) {
  EDGEWISE_ASSIGN(auto file, SqliteFile::Open(files, path, owner ? Files::Opening::kMayCreate : Files::Opening::kExisting));
  EDGEWISE_TRY(PrepareFile(file));
  auto records = std::unique_ptr<SqliteRecords>(new SqliteRecords(std::move(file)));
  if (owner) {
    EDGEWISE_TRY(Claim(records->file_, *owner));
    records->owner_ = *owner;
  } else {
    EDGEWISE_ASSIGN(records->owner_, ReadOwner(records->file_));
  }
  EDGEWISE_TRY(records->Prepare());
  return records;
}

Result<void> SqliteRecords::Prepare() {
  for (const auto& [statement, sql] : std::initializer_list<std::pair<SqliteStatement*, std::string_view>>{
           {&read_counts_, "SELECT appended, settled, dropped, missing, bytes FROM lanes WHERE lane = ?"},
           {&write_counts_, "UPDATE lanes SET appended = ?2, settled = ?3, dropped = ?4, missing = ?5, bytes = ?6 WHERE lane = ?1"},
           {&read_origin_, "SELECT origin FROM owner"},
           {&write_origin_, "UPDATE owner SET origin = ?"},
           {&insert_, "INSERT INTO events VALUES(?, ?, ?, ?)"},
           {&waiting_, "SELECT sequence, checksum, body FROM events WHERE lane = ? AND sequence > ? ORDER BY sequence LIMIT ?"},
           {&remove_, "DELETE FROM events WHERE lane = ? AND sequence = ? RETURNING length(CAST(body AS BLOB))"},
           {&put_aside_, "INSERT OR IGNORE INTO aside SELECT lane, sequence, ?4, body, ?3 FROM events WHERE lane = ?1 AND sequence = ?2"},
           {&all_,
            "SELECT sequence, checksum, body, -1 AS damaged, '' AS reason FROM events WHERE lane = ?1 AND sequence > ?2 UNION ALL "
            "SELECT sequence, 0, body, damaged, reason FROM aside WHERE lane = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3"},
           {&count_aside_, "SELECT count(*) FROM aside WHERE lane = ? AND damaged = ?"},
           {&find_aside_, "SELECT sequence, 0, body, damaged, reason FROM aside WHERE lane = ? AND sequence = ?"},
           {&remove_aside_, "DELETE FROM aside WHERE lane = ? AND sequence = ?"}}) {
    EDGEWISE_ASSIGN(*statement, file_.Prepare(sql));
  }
  return {};
}

Result<LaneCounts> SqliteRecords::Counts(event::Lane lane) {
  const Resetting resetting(read_counts_);
  EDGEWISE_ASSIGN(const bool found, read_counts_.Bind(1, Number(lane)).Step());
  if (!found) return Fail(Code::kDataLoss, "queue: a row is missing in " + file_.path() + "; restore the file, or move it away");
  return LaneCounts{Unsigned(read_counts_, 0), Unsigned(read_counts_, 1), Unsigned(read_counts_, 2), Unsigned(read_counts_, 3),
                    Unsigned(read_counts_, 4)};
}

Result<void> SqliteRecords::SetCounts(event::Lane lane, const LaneCounts& counts) {
  return write_counts_.Bind(1, Number(lane))
      .Bind(2, Number(counts.appended))
      .Bind(3, Number(counts.settled))
      .Bind(4, Number(counts.dropped))
      .Bind(5, Number(counts.missing))
      .Bind(6, Number(counts.bytes))
      .Run();
}

Result<std::uint64_t> SqliteRecords::Origin() {
  EDGEWISE_ASSIGN(const auto origin, read_origin_.Number());
  return static_cast<std::uint64_t>(origin);
}

Result<void> SqliteRecords::SetOrigin(std::uint64_t origin) { return write_origin_.Bind(1, Number(origin)).Run(); }

Result<void> SqliteRecords::Insert(const event::EventId& id, std::string_view body) {
  const std::int64_t checksum = Checksum(id.lane, id.sequence, body);
  return insert_.Bind(1, Number(id.lane)).Bind(2, Number(id.sequence)).Bind(3, checksum).Bind(4, body).Run();
}

Result<void> SqliteRecords::ForEachWaiting(event::Lane lane, std::uint64_t after, std::size_t limit, const TakeRow& take) {
  const Resetting resetting(waiting_);
  waiting_.Bind(1, Number(lane)).Bind(2, Number(after)).Bind(3, static_cast<std::int64_t>(limit));
  while (true) {
    EDGEWISE_ASSIGN(const bool more, waiting_.Step());
    if (!more) return {};
    EDGEWISE_TRY(take(ReadRow(waiting_)));
  }
}

Result<std::optional<std::uint64_t>> SqliteRecords::Remove(event::Lane lane, std::uint64_t sequence) {
  const Resetting resetting(remove_);
  EDGEWISE_ASSIGN(const bool found, remove_.Bind(1, Number(lane)).Bind(2, Number(sequence)).Step());
  if (!found) return std::optional<std::uint64_t>();
  const auto bytes = Unsigned(remove_, 0);
  EDGEWISE_TRY(remove_.Step());  // it is done when it has no more rows
  return std::optional(bytes);
}

Result<void> SqliteRecords::PutAside(event::Lane lane, std::uint64_t sequence, std::string_view reason, bool damaged) {
  return put_aside_.Bind(1, Number(lane)).Bind(2, Number(sequence)).Bind(3, reason).Bind(4, std::int64_t{damaged}).Run();
}

Result<void> SqliteRecords::ForEach(event::Lane lane, std::uint64_t after, std::size_t limit, const TakeRow& take,
                                    const TakeAside& take_aside) {
  const Resetting resetting(all_);
  all_.Bind(1, Number(lane)).Bind(2, Number(after)).Bind(3, static_cast<std::int64_t>(limit));
  while (true) {
    EDGEWISE_ASSIGN(const bool more, all_.Step());
    if (!more) return {};
    EDGEWISE_TRY(all_.Integer(3) < 0 ? take(ReadRow(all_)) : take_aside(ReadAside(all_)));
  }
}

Result<std::uint64_t> SqliteRecords::CountAside(event::Lane lane, bool damaged) {
  EDGEWISE_ASSIGN(const auto count, count_aside_.Bind(1, Number(lane)).Bind(2, std::int64_t{damaged}).Number());
  return static_cast<std::uint64_t>(count);
}

Result<bool> SqliteRecords::FindAside(event::Lane lane, std::uint64_t sequence, const TakeAside& take) {
  const Resetting resetting(find_aside_);
  EDGEWISE_ASSIGN(const bool found, find_aside_.Bind(1, Number(lane)).Bind(2, Number(sequence)).Step());
  if (found) EDGEWISE_TRY(take(ReadAside(find_aside_)));
  return found;
}

Result<void> SqliteRecords::RemoveAside(event::Lane lane, std::uint64_t sequence) {
  return remove_aside_.Bind(1, Number(lane)).Bind(2, Number(sequence)).Run();
}

}  // namespace edgewise::queue::detail
