#include <fmt/format.h>

#include <optional>

#include "net/header_text.h"
#include "score/detail/infer_writer.h"
#include "score/detail/json_tensor.h"
#include "score/detail/numbers.h"
#include "score/detail/plain_answer.h"
#include "score/detail/plain_rows.h"
#include "score/detail/rest_server.h"

namespace edgewise::score::detail {
namespace {

namespace dom = simdjson::dom;

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

constexpr std::size_t kKeptBytes = 4u << 20;

Result<dom::element> Parse(RestCall& call) {
  auto& parser = call.scratch.parser;
  if (parser.capacity() > kKeptBytes) parser = dom::parser();  // what one large request took is given back after it
  dom::element root;
  if (const auto error = parser.parse(call.body.data(), call.body.size()).get(root)) return std::unexpected(NotJson(error));
  return root;
}

/// The member of that name, and that it is there once. Errors: kInvalidArgument (twice).
Result<std::optional<dom::element>> Member(const dom::object& object, std::string_view name) {
  std::optional<dom::element> found;
  for (const auto field : object) {
    if (field.key != name) continue;
    if (found) return Invalid(fmt::format("\"{}\" is there twice", name));
    found = field.value;
  }
  return found;
}

/// What begins like no rows of JSON is CSV that was not said to be, as `curl -d @file` sends it.
Error NoRows(Error error, std::string_view body) {
  const auto begin = body.find_first_not_of(" \t\r\n");
  const bool begins_as_json = begin != std::string_view::npos && (body[begin] == '[' || body[begin] == '{');
  if (!begins_as_json) error.message += " (for CSV send Content-Type: text/csv)";
  return error;
}

Error NoDurability() {
  return {Code::kFailedPrecondition, "a scorer keeps nothing, so it cannot promise durability: ask the site's /score, which has a disk"};
}

/// {"rows":[...]}, one row as an object, an array of rows, or an array of values, which is one row.
Result<void> ReadPlain(const dom::element& root, PlainReader& reader) {
  dom::object object;
  dom::array rows;
  if (root.get(object) == simdjson::SUCCESS) {
    EDGEWISE_ASSIGN(const auto member, Member(object, "rows"));
    if (!member || member->get(rows) != simdjson::SUCCESS) return reader.ReadRow(root);
    if (object["durability"].error() != simdjson::NO_SUCH_FIELD) return std::unexpected(NoDurability());
    return reader.ReadRows(rows);
  }
  if (root.get(rows) != simdjson::SUCCESS) return Invalid(R"(the request must be a row, an array of rows, or {"rows":[...]})");
  if (rows.size() != 0 && !rows.at(0).is_array() && !rows.at(0).is_object()) return reader.ReadRow(root);
  return reader.ReadRows(rows);
}

Result<void> ReadScore(RestCall& call) {
  auto& exchange = call.scratch.exchange;
  const auto& version = *exchange.choice.version;
  if (!call.request.query("durability").empty()) return std::unexpected(NoDurability());
  EDGEWISE_ASSIGN(const auto layout, PlainLayout::Of(version));
  PlainTable table;
  PlainReader reader(version, layout, table);
  if (net::IsMediaType(call.headers.content_type, "text/csv")) {
    if (!simdjson::validate_utf8(call.body.data(), call.body.size())) return Invalid("the CSV is no UTF-8 text");
    EDGEWISE_TRY(reader.ReadCsv(call.body));
  } else {
    const auto root = Parse(call);
    if (!root) return std::unexpected(NoRows(root.error(), call.body));
    EDGEWISE_TRY(ReadPlain(*root, reader));
  }
  EDGEWISE_TRY(reader.Complete());
  EDGEWISE_TRY(FillFromTable(table, layout, version, exchange.request));
  return ChoosePlainOutputs(version, exchange.request);
}

Result<void> ReadPredict(RestCall& call) {
  auto& request = call.scratch.exchange.request;
  const auto& version = *call.scratch.exchange.choice.version;
  EDGEWISE_ASSIGN(const auto root, Parse(call));
  dom::object object;
  dom::array instances;
  if (root.get(object) != simdjson::SUCCESS) return Invalid(R"(the request must be an object {"instances":[...]})");
  EDGEWISE_ASSIGN(const auto member, Member(object, "instances"));
  if (!member || member->get(instances) != simdjson::SUCCESS) return Invalid(R"(the request must be an object {"instances":[...]})");
  if (const auto layout = PlainLayout::Of(version)) {
    PlainTable table;
    PlainReader reader(version, *layout, table);
    EDGEWISE_TRY(reader.ReadRows(instances));
    EDGEWISE_TRY(reader.Complete());
    EDGEWISE_TRY(FillFromTable(table, *layout, version, request));
  } else {
    EDGEWISE_TRY(FillFromNested(instances, call.body.size(), version, request));
  }
  for (std::size_t i = 0; i < version.signature().outputs.size(); ++i) request.outputs.push_back({.index = i});
  return {};
}

/// Says which model an error is about.
Error Named(const ModelVersion& version, Error error) {
  error.message = fmt::format("model \"{}\": {}", version.model(), error.message);
  return error;
}

}  // namespace

void RestServer::Infer(RestCall& call) {
  if (!Find(call)) return;
  auto& exchange = call.scratch.exchange;
  const auto json_length = call.headers.several_lengths ? std::string_view("several") : call.headers.json_length;
  if (const auto read = call.scratch.reader.Read(call.body, json_length, *exchange.choice.version, exchange.request); !read) {
    return exchange.Refuse(read.error(), call.response);
  }
  exchange.write = [](const Exchange& from, const StageTimes&, std::span<const TensorView> outputs, std::string& body) {
    return WriteInfer(from.request, *from.choice.version, outputs, body);
  };
  RunExchange(exchange, call.scratch.job, call.response, call.thread, options_.score_limit);
}

void RestServer::Score(RestCall& call) {
  if (!Find(call)) return;
  auto& exchange = call.scratch.exchange;
  if (auto read = ReadScore(call); !read) return exchange.Refuse(Named(*exchange.choice.version, std::move(read.error())), call.response);
  exchange.write = WritePlain;
  RunExchange(exchange, call.scratch.job, call.response, call.thread, options_.score_limit);
}

void RestServer::Predict(RestCall& call) {
  if (!Find(call)) return;
  auto& exchange = call.scratch.exchange;
  if (auto read = ReadPredict(call); !read) return exchange.Refuse(Named(*exchange.choice.version, std::move(read.error())), call.response);
  exchange.write = WritePredictions;
  RunExchange(exchange, call.scratch.job, call.response, call.thread, options_.score_limit);
}

}  // namespace edgewise::score::detail
