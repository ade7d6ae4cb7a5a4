#pragma once

#include <string>
#include <string_view>

#include "hub/index.h"

namespace edgewise::hub {

/// Reads "<object>.manifest.json" (docs/formats/batch.md). Errors: kInvalidArgument (names the key, or the unknown schema).
Result<Batch> ReadManifest(std::string_view json);

/// Reads an object's bytes as its manifest describes them: checks the digest, unpacks, reads each line.
/// Events of an unknown type or without the fields of their type go to `aside`; the others count.
/// Errors: kDataLoss (digest, compression, number of lines, an event of another site or outside the manifest's sequences).
Result<DecodedBatch> Decode(Batch batch, std::string_view bytes);

}  // namespace edgewise::hub
