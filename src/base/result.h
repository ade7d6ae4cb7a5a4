#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace edgewise {

/// What the caller should do about a failure. Values equal google.rpc.Code, so that the edges map them with one table (net/http.h).
enum class Code : int {
  kCancelled = 1,           ///< The caller went away; nobody needs the answer.
  kInvalidArgument = 3,     ///< Fix the request; trying again cannot help.
  kDeadlineExceeded = 4,    ///< Out of time; the effect is unknown.
  kNotFound = 5,            ///< The named thing does not exist.
  kAlreadyExists = 6,       ///< Create-only, and it is there.
  kPermissionDenied = 7,    ///< Refused by a rule (policy, signature); exit code 3.
  kResourceExhausted = 8,   ///< Full; nothing was done. Try again later.
  kFailedPrecondition = 9,  ///< Fix the state first.
  kAborted = 10,            ///< Lost against somebody else; read again, then try again.
  kUnimplemented = 12,      ///< Known, and not offered here.
  kInternal = 13,           ///< A bug of ours.
  kUnavailable = 14,        ///< Try this very call again.
  kDataLoss = 15,           ///< Stored bytes are damaged.
};

/// The code's name as in google.rpc.Code, for logs and JSON: "INVALID_ARGUMENT".
std::string_view CodeName(Code code);

/// A failure that is part of life. The message names the thing and the fix, and never holds site data.
struct [[nodiscard]] Error {
  Code code;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(Code code, std::string message) { return std::unexpected(Error{code, std::move(message)}); }

}  // namespace edgewise

/// Leaves the function with the error of `expression` (a Result<void>), if it has one.
#define EDGEWISE_TRY(expression)                                                                                           \
  do {                                                                                                                     \
    if (auto edgewise_result = (expression); !edgewise_result) return std::unexpected(std::move(edgewise_result.error())); \
  } while (false)

#define EDGEWISE_JOIN_(a, b) a##b
#define EDGEWISE_JOIN(a, b) EDGEWISE_JOIN_(a, b)
/// `EDGEWISE_ASSIGN(auto rows, Read(path));` declares `rows`, or leaves the function with the error.
#define EDGEWISE_ASSIGN(declaration, expression)                                                                                        \
  auto EDGEWISE_JOIN(edgewise_result_, __LINE__) = (expression);                                                                        \
  if (!EDGEWISE_JOIN(edgewise_result_, __LINE__)) return std::unexpected(std::move(EDGEWISE_JOIN(edgewise_result_, __LINE__).error())); \
  declaration = std::move(*EDGEWISE_JOIN(edgewise_result_, __LINE__))
