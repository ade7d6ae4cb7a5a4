#include "site/tap_sniffer.h"

#include <limits>

namespace edgewise::site {
namespace http = boost::beast::http;
namespace {

constexpr std::uint32_t kLargestHead = 64u << 10;

}  // namespace

bool RequestSniffer::Feed(std::string_view bytes) {
  buffer_.append(bytes);
  while (!buffer_.empty()) {
    const auto before = buffer_.size();
    const bool in_message = parser_.has_value();
    if (!Step()) return false;
    if (buffer_.size() == before && in_message == parser_.has_value()) break;  // it needs more
  }
  return true;
}

bool RequestSniffer::Step() {
  if (!parser_) {
    parser_.emplace();
    parser_->header_limit(kLargestHead);
    parser_->body_limit(std::numeric_limits<std::uint64_t>::max());  // "none" refuses every length in Boost 1.74
    parser_->eager(true);
    parser_->get().body().most = most_body_;
    head_seen_ = false;
  }
  boost::system::error_code error;
  const auto used = parser_->put(boost::asio::buffer(buffer_), error);
  buffer_.erase(0, used);
  if (error && error != http::error::need_more) return false;
  const auto& message = parser_->get();
  if (parser_->is_header_done() && !std::exchange(head_seen_, true)) {
    const auto method = message.method_string(), target = message.target();
    seen_.head({method.data(), method.size()}, {target.data(), target.size()});
  }
  if (!parser_->is_done()) return true;
  PassedRequest request{.encoded = message.count(http::field::content_encoding) > 0,
                        .cut = message.body().cut,
                        .body = std::move(parser_->get().body().bytes)};
  parser_.reset();
  seen_.done(std::move(request));
  return true;
}

ReplySniffer::Next ReplySniffer::Step(bool to_head, std::string& out) {
  out.clear();
  if (finished_) {
    parser_.reset();
    finished_ = false;
  }
  if (buffer_.size() == passed_on_) return Next::kMore;
  if (!parser_ || !parser_->is_header_done()) return Head(to_head, out);
  boost::system::error_code error;
  std::size_t used = 0;
  while (!error && !parser_->is_done() && used < buffer_.size()) {
    const auto some = parser_->put(boost::asio::buffer(buffer_) + used, error);
    used += some;
    if (some == 0) break;
  }
  if (error && error != http::error::need_more) return Lost(out);
  finished_ = parser_->is_done();
  const auto until = finished_ ? used : buffer_.size();
  out = buffer_.substr(passed_on_, until - passed_on_);
  buffer_.erase(0, used);
  passed_on_ = until - used;
  return Next::kBytes;
}

ReplySniffer::Next ReplySniffer::Head(bool to_head, std::string& out) {
  if (!parser_) {
    parser_.emplace();
    parser_->header_limit(kLargestHead);
    parser_->body_limit(std::numeric_limits<std::uint64_t>::max());  // "none" refuses every length in Boost 1.74
    parser_->skip(to_head);
  }
  boost::system::error_code error;
  const auto used = parser_->put(boost::asio::buffer(buffer_), error);
  head_.append(buffer_, 0, used);  // the parser may take a head line by line
  buffer_.erase(0, used);
  if (error && error != http::error::need_more) return Lost(out);
  if (!parser_->is_header_done()) return Next::kMore;
  out = std::exchange(head_, {});
  status_ = static_cast<int>(parser_->get().result_int());
  finished_ = parser_->is_done();
  parser_->eager(true);
  return Next::kHead;
}

ReplySniffer::Next ReplySniffer::Lost(std::string& out) {
  out = TakeRest();
  return Next::kLost;
}

}  // namespace edgewise::site
