#include "net/detail/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>

namespace edgewise::net::detail {
namespace http = boost::beast::http;
using boost::beast::iequals;
namespace {

constexpr std::size_t kMostFields = 256;

bool AreDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// A line that goes on in the next one (obs-fold). The value then begins elsewhere than right after the colon and its blanks.
bool IsFolded(boost::beast::string_view name, boost::beast::string_view value) {
  const char* at = name.data() + name.size() + 1;
  while (*at == ' ' || *at == '\t') ++at;
  if (!value.empty()) return value.data() != at;
  return at[0] == '\r' && (at[2] == ' ' || at[2] == '\t');
}

}  // namespace

RequestParser::Place RequestParser::At(boost::beast::string_view text) const {
  return {static_cast<std::uint32_t>(text.data() - base_), static_cast<std::uint32_t>(text.size())};
}

void RequestParser::Refuse(boost::beast::error_code& error, int status, std::string_view reason) {
  refusal_ = {status, reason};
  error = http::error::bad_value;
}

void RequestParser::Syntax::on_request_impl(http::verb, Text method, Text target, int version, Error&) {
  owner_.method_ = owner_.At(method);
  owner_.target_ = owner_.At(target);
  owner_.version_ = version;
}

void RequestParser::Syntax::on_field_impl(http::field known, Text name, Text value, Error& error) {
  if (owner_.header_size_ > 0) return;  // a trailer: nobody reads it, and it may not change what the request is
  if (IsFolded(name, value)) return owner_.Refuse(error, 400, "a folded header line");
  if (owner_.fields_.size() == kMostFields) return owner_.Refuse(error, 431, "more than 256 header lines");
  owner_.fields_.push_back({owner_.At(name), value.empty() ? Place{} : owner_.At(value)});
  owner_.CheckField(known, {name.data(), name.size()}, {value.data(), value.size()}, error);
}

/// Beast itself refuses a length beside a transfer coding, in both orders.
void RequestParser::CheckField(http::field known, std::string_view name, std::string_view value, boost::beast::error_code& error) {
  switch (known) {
    case http::field::host:
      if (++hosts_ > 1) return Refuse(error, 400, "more than one Host");
      if (std::ranges::any_of(value, [](char c) { return c == ',' || c == ' ' || c == '\t'; })) {
        return Refuse(error, 400, "a Host that is no host");
      }
      return;
    case http::field::content_length:
      if (std::exchange(has_length_, true)) return Refuse(error, 400, "more than one Content-Length");
      if (!AreDigits(value)) return Refuse(error, 400, "a Content-Length that is no number");
      return;
    case http::field::transfer_encoding:
      if (version_ == 10) return Refuse(error, 400, "a Transfer-Encoding in HTTP/1.0");
      if (!iequals({value.data(), value.size()}, "chunked")) return Refuse(error, 501, "a Transfer-Encoding other than chunked");
      return;
    case http::field::expect:
      if (!iequals({value.data(), value.size()}, "100-continue")) return Refuse(error, 417, "an Expect other than 100-continue");
      expects_continue_ = version_ == 11;
      return;
    default:  // the hundreds of others mean nothing here
      if (name.size() == 17 && iequals({name.data(), name.size()}, "transfer_encoding")) Refuse(error, 400, "a field Transfer_Encoding");
      return;
  }
}

void RequestParser::Syntax::on_header_impl(Error& error) {
  if (owner_.version_ == 11 && owner_.hosts_ == 0) owner_.Refuse(error, 400, "no Host");
}

void RequestParser::Syntax::on_chunk_header_impl(std::uint64_t, Text extension, Error& error) {
  owner_.extensions_ += extension.size();
  if (owner_.extensions_ > owner_.limits_.max_header) owner_.Refuse(error, 431, "the chunk extensions are larger than this server takes");
}

/// The chunks' bytes move together behind the header; what they overwrite has been read.
std::size_t RequestParser::Syntax::on_chunk_body_impl(std::uint64_t, Text body, Error&) {
  std::memmove(owner_.base_ + owner_.header_size_ + owner_.body_size_, body.data(), body.size());
  owner_.body_size_ += body.size();
  return body.size();
}

RequestParser::Found RequestParser::Refused(boost::beast::error_code error) {
  if (!refusal_.reason.empty()) return Found::kRefused;
  refusal_ = {400, "not an HTTP/1.1 request"};
  if (error == http::error::body_limit) refusal_ = {413, "the body is larger than this server takes"};
  if (error == http::error::header_limit) refusal_ = {431, "the headers are larger than this server takes"};
  return Found::kRefused;
}

RequestParser::Found RequestParser::ParseHeader(Input& input) {
  if (!syntax_) {
    syntax_.emplace(*this);
    syntax_->body_limit(limits_.max_body);
    syntax_->header_limit(static_cast<std::uint32_t>(limits_.max_header));
  }
  boost::beast::error_code error;
  parsed_ += syntax_->put(boost::asio::buffer(base_ + parsed_, input.size() - parsed_), error);
  if (error && error != http::error::need_more) return Refused(error);
  const bool complete = syntax_->is_header_done();
  if ((complete ? parsed_ : input.size()) > limits_.max_header) return Refused(http::error::header_limit);
  if (!complete) return Found::kNotYet;
  header_size_ = parsed_;
  chunked_ = syntax_->chunked();
  if (!chunked_) body_size_ = static_cast<std::size_t>(syntax_->content_length().value_or(0));
  syntax_->eager(true);
  return Found::kRequest;
}

RequestParser::Found RequestParser::ParseChunks(Input& input) {
  boost::beast::error_code error;
  while (!syntax_->is_done() && parsed_ < input.size()) {
    const auto taken = syntax_->put(boost::asio::buffer(base_ + parsed_, input.size() - parsed_), error);
    parsed_ += taken;
    if (error || taken == 0) break;
  }
  if (error && error != http::error::need_more) return Refused(error);
  if (syntax_->is_done()) return Found::kRequest;
  input.Cut(header_size_ + body_size_, parsed_);
  parsed_ = header_size_ + body_size_;
  if (input.size() - parsed_ <= limits_.max_header) return Found::kNotYet;
  Refuse(error, 431, "a chunk's line or the trailer is larger than this server takes");
  return Found::kRefused;
}

RequestParser::Found RequestParser::Parse(Input& input) {
  if (input.size() == 0) return Found::kNotYet;
  base_ = input.data();
  if (header_size_ == 0) {
    const auto found = ParseHeader(input);
    if (found != Found::kRequest) return found;
  }
  if (chunked_) return ParseChunks(input);
  parsed_ = header_size_ + body_size_;
  return input.size() < parsed_ ? Found::kNotYet : Found::kRequest;
}

RequestView RequestParser::View(Input& input, std::vector<HeaderView>& headers) const {
  const auto text = [bytes = input.data()](Place place) { return std::string_view(bytes + place.at, place.size); };
  headers.clear();
  for (const auto& field : fields_) headers.push_back({text(field.name), text(field.value)});
  return {text(method_), text(target_), {input.data() + header_size_, body_size_}, headers};
}

std::size_t RequestParser::Next() {
  const auto taken = parsed_;
  syntax_.reset();
  fields_.clear();
  hosts_ = 0;
  has_length_ = expects_continue_ = chunked_ = false;
  parsed_ = header_size_ = body_size_ = extensions_ = 0;
  refusal_ = {};
  return taken;
}

}  // namespace edgewise::net::detail
