#include "queue/detail/sqlite_vfs.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "queue/detail/summed_database.h"
#include "queue/detail/summed_log.h"

namespace edgewise::queue::detail {

/// What SQLite calls an open file.
struct SqliteVfs::File : sqlite3_file {
  SqliteVfs* vfs = nullptr;
  std::unique_ptr<Files::RandomFile> file;
};

template <class T>
int SqliteVfs::Answer(const Result<T>& result, int code, std::initializer_list<Code> harmless) {
  if (result) return SQLITE_OK;
  last_ = result.error();
  if (std::ranges::find(harmless, result.error().code) == harmless.end()) failure_ = result.error();
  return result.error().code == Code::kResourceExhausted && !failure_ ? SQLITE_FULL : code;
}

/// With what is needed to mend a flipped bit in it.
Result<std::unique_ptr<Files::RandomFile>> SqliteVfs::Guarded(std::unique_ptr<Files::RandomFile> file, const char* name, int flags) {
  const auto tell = [this] { ++mended_; };
  if ((static_cast<unsigned>(flags) & SQLITE_OPEN_MAIN_DB) != 0) return SummedDatabase::Open(std::move(file), name, tell);
  if ((static_cast<unsigned>(flags) & SQLITE_OPEN_WAL) != 0) return SummedLog::Open(std::move(file), name, tell);  // the database is locked
  return file;
}

/// The functions that SQLite wants, sqlite3.h has their contracts.
struct SqliteCalls {
  using File = SqliteVfs::File;
  static File& Of(sqlite3_file* file) { return *static_cast<File*>(file); }
  static SqliteVfs& Of(sqlite3_vfs* vfs) { return *static_cast<SqliteVfs*>(vfs->pAppData); }

  /// Runs `call` on the file, unless something has failed before.
  template <class Call>
  static int Change(sqlite3_file* file, int code, Call call, std::initializer_list<Code> harmless = {}) {
    auto& vfs = *Of(file).vfs;
    if (vfs.failure_) return code;
    return vfs.Answer(call(*Of(file).file), code, harmless);
  }

  static int Close(sqlite3_file* file) {
    Of(file).~File();
    return SQLITE_OK;
  }
  static int Read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
    const std::span<char> bytes(static_cast<char*>(into), static_cast<std::size_t>(size));
    std::size_t have = 0;
    const int code = Change(file, SQLITE_IOERR_READ, [&](auto& open) -> Result<void> {
      EDGEWISE_ASSIGN(have, open.ReadAt(static_cast<std::uint64_t>(offset), bytes));
      return {};
    });
    if (code != SQLITE_OK) return code;
    std::ranges::fill(bytes.subspan(have), '\0');
    return have < bytes.size() ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
  }
  static int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
    return Change(file, SQLITE_IOERR_WRITE, [&](auto& open) { return open.WriteAt(static_cast<std::uint64_t>(offset), bytes); },
                  {Code::kResourceExhausted});
  }
  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    return Change(file, SQLITE_IOERR_TRUNCATE, [&](auto& open) { return open.Truncate(static_cast<std::uint64_t>(size)); });
  }
  static int Sync(sqlite3_file* file, int) {
    return Change(file, SQLITE_IOERR_FSYNC, [](auto& open) { return open.Sync(); });
  }
  static int FileSize(sqlite3_file* file, sqlite3_int64* size) {
    return Change(file, SQLITE_IOERR_FSTAT, [&](auto& open) -> Result<void> {
      EDGEWISE_ASSIGN(const auto bytes, open.Size());
      *size = static_cast<sqlite3_int64>(bytes);
      return {};
    });
  }
  static int Lock(sqlite3_file* file, int) {
    const int code = Change(file, SQLITE_BUSY, [](auto& open) { return open.Lock(); }, {Code::kFailedPrecondition});
    return Of(file).vfs->failure_ ? SQLITE_IOERR_LOCK : code;
  }
  static int Unlock(sqlite3_file*, int) { return SQLITE_OK; }  // it is this connection's until it is closed
  static int CheckReservedLock(sqlite3_file*, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
  }
  static int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int SectorSize(sqlite3_file*) { return 4096; }
  static int DeviceCharacteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* raw, int flags, int* out_flags) {
    static const auto kMethods = [] {
      sqlite3_io_methods methods{};
      methods.iVersion = 1;  // no shared memory: the connection is alone
      methods.xClose = Close;
      methods.xRead = Read;
      methods.xWrite = Write;
      methods.xTruncate = Truncate;
      methods.xSync = Sync;
      methods.xFileSize = FileSize;
      methods.xLock = Lock;
      methods.xUnlock = Unlock;
      methods.xCheckReservedLock = CheckReservedLock;
      methods.xFileControl = FileControl;
      methods.xSectorSize = SectorSize;
      methods.xDeviceCharacteristics = DeviceCharacteristics;
      return methods;
    }();
    raw->pMethods = nullptr;                      // so that it is not closed if it cannot be opened
    if (name == nullptr) return SQLITE_CANTOPEN;  // a temporary file: temp_store is memory
    auto& self = Of(vfs);
    if (self.failure_) return SQLITE_CANTOPEN;
    auto opened = self.files_.OpenRandom(
        name, (static_cast<unsigned>(flags) & SQLITE_OPEN_CREATE) != 0 ? Files::Opening::kMayCreate : Files::Opening::kExisting);
    if (!opened) return self.Answer(opened, SQLITE_CANTOPEN, {Code::kResourceExhausted, Code::kFailedPrecondition, Code::kNotFound});
    auto guarded = self.Guarded(*std::move(opened), name, flags);
    if (!guarded) return self.Answer(guarded, SQLITE_CANTOPEN, {});
    auto* const file = new (raw) File;
    file->pMethods = &kMethods;
    file->vfs = &self;
    file->file = *std::move(guarded);
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }
  static int Delete(sqlite3_vfs* vfs, const char* name, int durably) {
    auto& self = Of(vfs);
    if (self.failure_) return SQLITE_IOERR_DELETE;
    return self.Answer(durably != 0 ? self.files_.RemoveDurably(name) : self.files_.Remove(name), SQLITE_IOERR_DELETE,
                       {Code::kResourceExhausted, Code::kFailedPrecondition});
  }
  /// An empty file counts as missing, as in SQLite's own layer: a journal that was never written is none.
  static int Access(sqlite3_vfs* vfs, const char* name, int, int* there) {
    const auto size = Of(vfs).files_.Size(name);
    *there = size && *size > 0 ? 1 : 0;
    if (size || size.error().code == Code::kNotFound) return SQLITE_OK;
    return Of(vfs).Answer(size, SQLITE_IOERR_ACCESS, {Code::kFailedPrecondition});
  }
  static int FullPathname(sqlite3_vfs*, const char* name, int size, char* out) {
    const auto length = std::strlen(name);
    if (length >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(out, name, length + 1);
    return SQLITE_OK;
  }
  static int GetLastError(sqlite3_vfs*, int, char*) { return 0; }
};

SqliteVfs::SqliteVfs(Files& files)
    : files_(files), name_(fmt::format("edgewise-{}", static_cast<const void*>(this))), vfs_(std::make_unique<sqlite3_vfs>()) {
  const auto& system = *sqlite3_vfs_find(nullptr);
  vfs_->iVersion = 2;
  vfs_->szOsFile = sizeof(File);
  vfs_->mxPathname = system.mxPathname;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = SqliteCalls::Open;
  vfs_->xDelete = SqliteCalls::Delete;
  vfs_->xAccess = SqliteCalls::Access;
  vfs_->xFullPathname = SqliteCalls::FullPathname;
  vfs_->xRandomness = system.xRandomness;
  vfs_->xSleep = system.xSleep;
  vfs_->xCurrentTime = system.xCurrentTime;
  vfs_->xGetLastError = SqliteCalls::GetLastError;
  vfs_->xCurrentTimeInt64 = system.xCurrentTimeInt64;
  sqlite3_vfs_register(vfs_.get(), 0);
}

SqliteVfs::~SqliteVfs() { sqlite3_vfs_unregister(vfs_.get()); }

}  // namespace edgewise::queue::detail
