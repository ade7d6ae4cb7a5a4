#pragma once

// <algorithm> comes first: Boost 1.74 does not compile without what it brings.
#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace edgewise::site {

/// Keeps the first `most` bytes of a body, for Beast's parsers.
struct KeptBody {
  struct value_type {
    std::string bytes;
    std::size_t most = 0;
    bool cut = false;  ///< There were more.
  };
  class reader {
   public:
    template <bool isRequest, class Fields>
    reader(boost::beast::http::header<isRequest, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, boost::system::error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      std::size_t all = 0;
      for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers); ++it) {
        const boost::asio::const_buffer piece = *it;
        const auto kept = std::min(piece.size(), body_.most - body_.bytes.size());
        body_.bytes.append(static_cast<const char*>(piece.data()), kept);
        body_.cut = body_.cut || kept < piece.size();
        all += piece.size();
      }
      return all;
    }
    void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

/// A request that passed. Its body is what stood in it without chunks, of the size that was asked for.
struct PassedRequest {
  bool encoded = false;  ///< It has a Content-Encoding.
  bool cut = false;      ///< The body was larger.
  std::string body;
};

/// Reads requests beside their way from client to application: it looks at bytes and changes none. Holds one head and `most_body` bytes.
class RequestSniffer {
 public:
  struct Seen {
    std::function<void(std::string_view method, std::string_view target)> head;  ///< A request has begun.
    std::function<void(PassedRequest)> done;                                     ///< The same one is there in full.
  };
  RequestSniffer(std::size_t most_body, Seen seen) : most_body_(most_body), seen_(std::move(seen)) {}

  /// False: not HTTP/1.1 as we read it. What comes after cannot be told apart; do not ask again.
  bool Feed(std::string_view bytes);

 private:
  using Parser = boost::beast::http::request_parser<KeptBody>;
  bool Step();

  std::size_t most_body_;
  Seen seen_;
  std::string buffer_;
  std::optional<Parser> parser_;
  bool head_seen_ = false;
};

/// Cuts what an application sends into heads and the bytes between them, so that a head can wait and get headers. Adds nothing itself.
class ReplySniffer {
 public:
  enum class Next : std::uint8_t {
    kMore,   ///< Nothing without further bytes.
    kHead,   ///< `out` is the head of a reply, with the empty line that ends it.
    kBytes,  ///< `out` is to be passed on as it is.
    kLost,   ///< Not HTTP/1.1 as we read it: `out` is all there was; do not ask again.
  };
  void Add(std::string_view bytes) { buffer_.append(bytes); }
  /// `to_head`: the reply that begins answers HEAD, and so has no body.
  Next Step(bool to_head, std::string& out);
  int status() const { return status_; }       ///< Of the last head.
  bool finished() const { return finished_; }  ///< With what Step() gave last, that reply ended.
  /// For who does not go on asking.
  std::string TakeRest() { return std::exchange(head_, {}) + std::exchange(buffer_, {}).substr(std::exchange(passed_on_, 0)); }

 private:
  using Parser = boost::beast::http::response_parser<KeptBody>;
  Next Head(bool to_head, std::string& out);
  Next Lost(std::string& out);

  std::string head_;  // what the parser has taken of a head that is not whole yet
  std::string buffer_;
  std::size_t passed_on_ = 0;  // bytes at the front of buffer_ that were given out, and are not parsed yet: half of a chunk's head
  std::optional<Parser> parser_;
  int status_ = 0;
  bool finished_ = false;
};

}  // namespace edgewise::site
