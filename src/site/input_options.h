#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace edgewise::site {

/// A field of the model's request, and where it stands in an application's own JSON.
struct TapField {
  std::string name;
  std::string pointer;  ///< JSON pointer (RFC 6901) into the body of the application's request.
  bool needed = true;   ///< Without it the request is not scored.
};

/// "carrier=/flight/carrier"; "carrier" alone is "carrier=/carrier"; "tail?=/plane" may be missing. Errors: kInvalidArgument.
Result<TapField> TapFieldFromText(std::string_view text);

/// A reverse proxy before an application's own HTTP service (docs/formats/inputs.md).
struct TapOptions {
  std::string name;
  std::string listen;    ///< "127.0.0.1:8090"; port 0 takes a free one.
  std::string upstream;  ///< Where the application listens.
  std::string model{};
  std::string method = "POST";
  std::string path = "/";                                     ///< Requests at this path and below it are scored; all others just pass.
  std::vector<TapField> fields{};                             ///< At least one.
  std::chrono::milliseconds wait{5};                          ///< So long a reply that is there waits for its score; then it goes without.
  std::chrono::milliseconds idle = std::chrono::minutes(10);  ///< A connection on which nothing moves is closed.
  std::chrono::milliseconds connect = std::chrono::seconds(5);  ///< Until the application is called absent (502).
  std::size_t most_connections = 400;                           ///< Each takes two descriptors. One more is closed at once.
  std::size_t most_body = 64u << 10;  ///< Bytes of a body that are read for their fields; a larger one passes unscored.
  std::size_t most_asked = 256;       ///< Scores under way at once; further requests pass unscored.
};

/// Where rows go: to a model, to be scored, or into a stream, as records.
struct InputTarget {
  enum class Kind : std::uint8_t { kScore, kRecords };
  Kind kind = Kind::kScore;
  std::string name;  ///< Of the model, or of the stream.
};

/// "score/delay" or "records/landing", as the site's own routes. Errors: kInvalidArgument.
Result<InputTarget> InputTargetFromText(std::string_view text);

/// A folder whose CSV and JSON-lines files are read, each row once (docs/formats/inputs.md).
struct FolderOptions {
  std::string name;
  std::filesystem::path folder;
  std::filesystem::path done;  ///< Results and errors go here.
  InputTarget to;
  std::chrono::milliseconds settle = std::chrono::seconds(2);       ///< A file that has not changed for so long is complete.
  std::chrono::milliseconds poll = std::chrono::milliseconds(500);  ///< How often it is looked for files.
  std::size_t largest = 16u << 20;                                  ///< Bytes of a file; a larger one is reported and not read.
};

/// A topic of an MQTT broker whose messages are rows (docs/formats/inputs.md).
struct TopicOptions {
  std::string name;
  std::string broker;  ///< "127.0.0.1:1883"
  std::string topic;   ///< A filter: may hold + and #.
  InputTarget to;
  std::string result;  ///< Topic for what is answered; "" = none.
  std::string client;  ///< The broker keeps messages for this client; one at a time may use it.
  std::string user;    ///< "" = none.
  std::filesystem::path password_file;
};

/// How local applications reach a site without knowing it.
struct InputOptions {
  std::vector<TapOptions> taps;
  std::vector<FolderOptions> folders;
  std::vector<TopicOptions> topics;
};

}  // namespace edgewise::site
