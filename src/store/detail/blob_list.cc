#include "store/detail/blob_list.h"

#include <expat.h>
#include <fmt/format.h>

#include <memory>

namespace edgewise::store::detail {
namespace {

using Parser = std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)>;

/// Elements that are told apart by their way from the root: "/EnumerationResults/Blobs/Blob/Name".
struct Reading {
  std::string path, text;
  BlobList list;
  bool saw_root = false;
};

constexpr std::string_view kRoot = "/EnumerationResults";

void Begin(void* reading, const char* name, const char**) {
  auto& [path, text, list, saw_root] = *static_cast<Reading*>(reading);
  path.append("/").append(name);
  text.clear();
  saw_root = saw_root || path == kRoot;
}

void End(void* reading, const char* name) {
  auto& [path, text, list, saw_root] = *static_cast<Reading*>(reading);
  const auto below = std::string_view(path).substr(std::min(path.size(), kRoot.size()));
  if (below == "/Blobs/Blob/Name") list.names.push_back(text);
  if (below == "/Blobs/BlobPrefix/Name") list.folders.push_back(text);
  if (below == "/NextMarker") list.next_marker = text;
  path.resize(path.size() - std::string_view(name).size() - 1);
  text.clear();
}

void Text(void* reading, const char* bytes, int size) {
  static_cast<Reading*>(reading)->text.append(bytes, static_cast<std::size_t>(size));
}

}  // namespace

Result<BlobList> ParseBlobList(std::string_view xml) {
  const Parser parser(XML_ParserCreate(nullptr), &XML_ParserFree);
  if (!parser) return Fail(Code::kResourceExhausted, "no memory to read a list of blobs");
  Reading reading;
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), &Begin, &End);
  XML_SetCharacterDataHandler(parser.get(), &Text);
  const auto read = XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE);
  if (read == XML_STATUS_OK && reading.saw_root) return std::move(reading.list);
  return Fail(Code::kUnavailable, fmt::format("the answer is no list of blobs ({}, line {})",
                                              read == XML_STATUS_OK ? "another document" : XML_ErrorString(XML_GetErrorCode(parser.get())),
                                              XML_GetCurrentLineNumber(parser.get())));
}

}  // namespace edgewise::store::detail
