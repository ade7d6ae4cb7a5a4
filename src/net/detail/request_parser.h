#pragma once

#include "net/detail/socket.h"
// After socket.h, which makes Boost 1.74 compile.
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "net/detail/input.h"
#include "net/http_view.h"

namespace edgewise::net::detail {

/// Finds a request in the bytes of a connection, where they lie: Boost.Beast reads the syntax, this class keeps what it finds as places in
/// the Input and is stricter than Beast about everything that two servers could understand differently (RFC 9112, section 11.2): length and
/// transfer coding, Host, folded lines.
class RequestParser {
 public:
  struct Limits {
    std::size_t max_header;
    std::size_t max_body;
  };
  enum class Found { kNotYet, kRequest, kRefused };
  struct Refusal {
    int status = 400;
    std::string_view reason;
  };

  explicit RequestParser(Limits limits) : limits_(limits) {}
  /// Looks at the Input, whose first byte is the first of a request. kNotYet: more bytes are needed; call again when Input has more. After
  /// the others: Next().
  Found Parse(Input& input);
  /// Of the request that was found. `headers` is overwritten, and referred to.
  RequestView View(Input& input, std::vector<HeaderView>& headers) const;
  bool keep_alive() const { return syntax_->keep_alive(); }
  bool is_version_1_0() const { return version_ == 10; }
  const Refusal& refusal() const { return refusal_; }
  /// A request that is not complete waits for "100 Continue".
  bool expects_continue() const { return header_size_ > 0 && expects_continue_; }
  /// Bytes of the request as far as known: all of it, once the header with its length is there.
  std::size_t wanted() const { return header_size_ > 0 && !chunked_ ? header_size_ + body_size_ : 0; }
  std::size_t size() const { return parsed_; }  ///< Of the request that was found, as it was sent.
  /// Forgets the request; answers how many bytes it had in the Input.
  std::size_t Next();

 private:
  struct Place {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  struct Field {
    Place name;
    Place value;
  };
  /// Beast's parser calls its virtual functions; they are one class so that it can be made anew, in place, for each request.
  class Syntax final : public boost::beast::http::basic_parser<true> {
   public:
    explicit Syntax(RequestParser& owner) : owner_(owner) {}

   private:
    using Error = boost::beast::error_code;
    using Text = boost::beast::string_view;
    void on_request_impl(boost::beast::http::verb, Text method, Text target, int version, Error& error) override;
    void on_response_impl(int, Text, int, Error&) override {}
    void on_field_impl(boost::beast::http::field known, Text name, Text value, Error& error) override;
    void on_header_impl(Error& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
    std::size_t on_body_impl(Text body, Error&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t size, Text extension, Error& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t, Text body, Error&) override;
    void on_finish_impl(Error&) override {}
    RequestParser& owner_;
  };

  Place At(boost::beast::string_view text) const;
  void Refuse(boost::beast::error_code& error, int status, std::string_view reason);
  void CheckField(boost::beast::http::field known, std::string_view name, std::string_view value, boost::beast::error_code& error);
  Found ParseHeader(Input& input);
  Found ParseChunks(Input& input);
  Found Refused(boost::beast::error_code error);

  Limits limits_;
  std::optional<Syntax> syntax_;
  char* base_ = nullptr;  // the request's first byte, during Parse() only
  std::vector<Field> fields_;
  Place method_;
  Place target_;
  int version_ = 11;
  int hosts_ = 0;
  bool has_length_ = false;
  bool expects_continue_ = false;
  bool chunked_ = false;
  std::size_t parsed_ = 0;       // bytes that the syntax has taken
  std::size_t header_size_ = 0;  // 0: not complete
  std::size_t body_size_ = 0;    // announced, or of the chunks so far
  std::size_t extensions_ = 0;   // bytes of chunk extensions
  Refusal refusal_;
};

}  // namespace edgewise::net::detail
