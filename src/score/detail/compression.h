#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace edgewise::score::detail {

/// The content codings of HTTP that we speak; kDeflate is zlib's format, as RFC 9110 has it.
enum class Encoding : std::uint8_t { kIdentity, kGzip, kDeflate };

std::string_view NameOf(Encoding encoding);

/// What Content-Encoding says. Errors: kInvalidArgument (unknown, or several on top of each other).
Result<Encoding> ContentEncoding(std::string_view header);

/// The best coding that Accept-Encoding allows for an answer: by its q, at equal ones gzip; kIdentity where none is wanted.
Encoding AcceptedEncoding(std::string_view header);

/// Undoes `encoding`, which is not kIdentity, into `out`. One member, nothing behind it.
/// Errors: kInvalidArgument (damaged), kResourceExhausted (over `most` bytes; no more than that was ever held).
Result<void> Inflate(std::string_view bytes, Encoding encoding, std::size_t most, std::string& out);

/// Cost: about 0.3 MB and 10 us to begin with. CHECKs that zlib works.
std::string Deflate(std::string_view bytes, Encoding encoding);

}  // namespace edgewise::score::detail
