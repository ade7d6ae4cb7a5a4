#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "store/store.h"

namespace edgewise {

inline constexpr const char* kStoreSignature = "EDGEWISE_STORE_SAS";
inline constexpr const char* kStoreText =
    "a folder, file:///folder, or https://ACCOUNT.blob.core.windows.net/CONTAINER with its SAS in EDGEWISE_STORE_SAS";

/// Opens what a configuration or --store names: a folder, or a container of Azure Blob Storage (store/blob_store.h), which nobody speaks to
/// yet. A URL without a query gets the signature of the environment's EDGEWISE_STORE_SAS, so that neither a file nor a list of processes
/// shows it.
/// Errors: kInvalidArgument (a file, a URL that is none), kUnimplemented (another kind of store).
Result<std::unique_ptr<store::Store>> OpenStore(const std::string& name);
/// When the environment's signature ends, if it says so ("se", percent-encoded ISO 8601).
std::optional<ProcessingTime> SignatureEnds();
bool IsUrl(const std::string& store);
/// What OpenStore would use as a folder.
std::string FolderOf(const std::string& store);

}  // namespace edgewise
