#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "event/taint.h"

namespace edgewise::store {

/// Name of an object: segments of [A-Za-z0-9._=-] joined by '/', at most 512 bytes, no segment "." or "..".
Result<void> CheckName(std::string_view name);

/// Named objects, written once, never changed: a directory, Azure Blob, S3.
/// Durability: Put() answers after file and directory are synced, or after the remote's 2xx.
/// Errors: kAlreadyExists (create-only; the stored bytes are untouched), kNotFound, kInvalidArgument (name), kResourceExhausted (full),
///   kUnavailable (try again; whether a Put happened is unknown). Threads: any number.
class Store {
 public:
  virtual ~Store() = default;
  /// Creates an object. Site data comes only as Permitted: see relay/policy.h.
  virtual Result<void> Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) = 0;
  virtual Result<std::string> Get(std::string_view name, Deadline deadline) = 0;
  /// Up to `limit` names that start with `prefix` and are greater than `after`, ascending by bytes.
  virtual Result<std::vector<std::string>> List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) = 0;
  /// The folders directly below `folder` ("" or ending with '/') that hold objects, at any depth: "sites/EWR/", ascending.
  virtual Result<std::vector<std::string>> Folders(std::string_view folder, Deadline deadline) = 0;
};

}  // namespace edgewise::store
