#pragma once

#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http_view.h"

namespace edgewise::net::detail {

class Connection;

/// What of a request its answer depends on.
struct AnswerForm {
  bool keep_alive = true;
  bool head = false;
  bool is_version_1_0 = false;  ///< Such a client must be told that its connection stays open.
};

/// Appends "name: value\r\n"; nothing where that would smuggle another line in.
void AppendHeaderLine(std::string& out, std::string_view name, std::string_view value);
/// Appends an answer. `lines`: whole header lines.
void AppendAnswer(std::string& out, AnswerForm form, int status, std::string_view content_type, std::string_view lines,
                  std::string_view body);
void AppendAnswer(std::string& out, AnswerForm form, const HttpResponse& response);

/// The ResponseWriter of an I/O thread: one request is being handled at a time, so all use the same buffers.
class Answer final : public ResponseWriter {
 public:
  enum class State { kOpen, kSent, kLater };
  void Begin(Connection& connection);
  State state() const { return state_; }

  std::string& body() override { return body_; }
  void AddHeader(std::string_view name, std::string_view value) override;
  void Send(int status, std::string_view content_type) override;
  Responder Later() override;

 private:
  Connection* connection_ = nullptr;  // whose request is being handled
  State state_ = State::kSent;
  std::string body_;
  std::string lines_;
};

}  // namespace edgewise::net::detail
