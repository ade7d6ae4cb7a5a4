#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "base/detail/fake_node.h"
#include "base/files.h"

namespace edgewise {

/// Files in memory for tests, with a disk that can fail, fill up and lose its power.
/// Durability: as the seam promises and not a byte more. PowerCut() forgets what was appended and not synced, and names whose directory was
/// not synced after they came or went; a Remove() alone may so be undone.
/// Steps: each write, sync, directory sync, read and listing is one. FailNext() and FailAfter() make one step fail, so a call of several
/// steps can fail half-way, as on a real disk: a name may be there and its directory not synced. What a sync that failed should have
/// brought to the disk stays readable and never gets there, as with fsync(2).
/// Threads: any number; it outlives the files it opened.
class FakeFiles final : public Files {
 public:
  FakeFiles() = default;

  /// What a write or sync that fails does all the same; other steps do nothing.
  enum class Effect : std::uint8_t { kNone, kHalf, kAll };
  enum class Lasts : std::uint8_t { kOnce, kUntilMended };

  void FailNext(Error error) { FailAfter(0, std::move(error)); }
  /// Lets so many steps pass and fails the next one, or all from there on.
  void FailAfter(std::size_t steps, Error error, Effect effect = Effect::kNone, Lasts lasts = Lasts::kOnce);
  void Mend();
  /// A disk of so many bytes: an append writes what fits, then fails with kResourceExhausted; a create or replace changes nothing. Nothing:
  /// no limit.
  void LimitSpace(std::optional<std::uint64_t> bytes);
  /// Back to what is durable; files that are open answer kUnavailable from now on. Of each file's bytes that were not synced the first
  /// `survivors` reach the disk all the same: a torn tail.
  void PowerCut(std::size_t survivors = 0);
  /// Of all that was not synced any part reaches the disk: any write, any sector of it, any name.
  void PowerCut(std::mt19937_64& random);
  /// The process that has files open is killed: they answer kUnavailable from now on, and the disk goes on.
  void Kill();
  /// What is durable; and the disk set back to that, as after a power cut.
  using Image = std::map<std::filesystem::path, std::string>;
  Image TakeImage() const;
  void SetBack(const Image& image);
  /// Flips a bit (0 to 7) of a byte that is on the disk, behind everybody's back.
  void Flip(const std::filesystem::path& path, std::uint64_t at, unsigned bit = 0);
  std::uint64_t steps() const;  ///< Since the beginning.

  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override;
  Result<std::unique_ptr<RandomFile>> OpenRandom(const std::filesystem::path& path, Opening opening) override;
  Result<std::string> Read(const std::filesystem::path& path) override;
  Result<std::string> ReadRange(const std::filesystem::path& path, std::uint64_t offset, std::size_t size) override;
  Result<std::uint64_t> Size(const std::filesystem::path& path) override;
  Result<void> CreateDurably(const std::filesystem::path& path, std::string_view bytes) override;
  Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view bytes) override;
  Result<void> Remove(const std::filesystem::path& path) override;
  Result<void> RemoveDurably(const std::filesystem::path& path) override;
  Result<void> MakeDirs(const std::filesystem::path& path) override;
  Result<std::vector<std::string>> List(const std::filesystem::path& path) override;

 private:
  class Handle;
  class OpenFile;
  class OpenRandomFile;
  using Node = detail::FakeNode;
  using Names = std::map<std::filesystem::path, std::shared_ptr<Node>>;  // shared by both tables of names and by open files
  struct Failure {
    Error error;
    Effect effect;
    Lasts lasts;
  };

  void EndLife();
  std::optional<Failure> Fails();  // counts a step
  Result<void> Step();
  Result<std::shared_ptr<Node>> Open(const std::filesystem::path& path);
  Result<void> Parent(const std::filesystem::path& path) const;
  Result<std::shared_ptr<Node>> Find(const std::filesystem::path& path) const;
  std::uint64_t Space() const;
  Result<std::shared_ptr<Node>> WholeFile(const std::filesystem::path& path, std::string_view bytes);
  Result<void> RemoveName(const std::filesystem::path& path);
  Result<void> SyncDirectory(const std::filesystem::path& path);

  mutable std::mutex mutex_;  // guards all below, and the nodes
  Names names_;
  Names durable_names_;
  std::set<std::filesystem::path> folders_;  // durable all: one that cannot be synced is taken back
  std::set<const Node*> locked_;
  std::optional<std::uint64_t> limit_;
  std::optional<Failure> failure_;
  std::uint64_t fail_at_ = 0;
  std::uint64_t steps_ = 0;
  int life_ = 0;  // counts power cuts
};

}  // namespace edgewise
