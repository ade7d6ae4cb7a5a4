#pragma once

#include "net/detail/io_thread.h"
// After io_thread.h, which makes Boost 1.74 compile.
#include <deque>
#include <memory>
#include <string>

#include "net/detail/request_parser.h"

namespace edgewise::net::detail {

/// One connection of a server. In its turn it reads once, handles the requests that are there, and writes their answers at once, directly;
/// only what the socket does not take waits. Answers leave in the order of the requests. Lives on its I/O thread; Responders from other
/// threads post to it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(IoThread& thread, ServerSocket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start() { WaitToRead(); }
  void Close();
  bool busy() const { return !open_.empty() || unsent() > 0; }  ///< Requests whose answer has not been sent.
  bool closed() const { return !socket_.is_open(); }
  /// No further requests are read; the connection closes when those in flight are answered.
  void Finish();
  void Sweep();  ///< Closes it where nothing moved for too long.

  /// The answer to the request that is being handled: now, or later.
  void Send(int status, std::string_view content_type, std::string_view lines, std::string_view body);
  Responder Later();

 private:
  /// A request that was handed out and cannot be answered on the wire yet: it, or one before it, is still being worked on.
  struct Open {
    bool answered = false;
    AnswerForm form;
    std::size_t held = 0;  ///< Bytes of the request, and of its answer once there.
    std::string bytes;     ///< Of the answer.
  };

  bool Full() const;
  std::size_t unsent() const { return output_.size() - sent_; }
  std::size_t Holds() const { return held_ + unsent() + input_.size(); }
  void CountBytes();
  bool IsCrowded() const;

  void WaitToRead();
  void OnReadable();
  bool ReadSome();
  void Turn();
  void GoOn(bool again);
  void HandOut();
  void HandleGuarded(const RequestView& view);
  void FailPresent(std::string_view what);
  void Refuse(int status, std::string_view reason);
  void OfferContinue();
  void Linger();

  void OnAnswer(std::uint64_t number, const HttpResponse& answer);
  std::string& Output();
  void ReleaseAnswered();
  void ScheduleFlush();
  void Flush();
  void WaitToWrite();

  IoThread& thread_;  // and what it shares: they outlive their connections
  ServerSocket socket_;
  Input input_;
  RequestParser parser_;
  std::deque<Open> open_;
  std::uint64_t first_ = 0;    // number of open_.front()
  std::uint64_t present_ = 0;  // number of the request that is being handled
  AnswerForm form_;            // of the request that is being handled
  std::size_t handled_size_ = 0;
  std::size_t held_ = 0;     // bytes of all in open_
  std::size_t counted_ = 0;  // what of this connection is in Shared::bytes
  std::string output_;       // answers for the wire; the first sent_ bytes have left
  std::size_t sent_ = 0;
  std::uint64_t moved_ = 0;         // tick when a request began or was answered
  std::uint64_t output_moved_ = 0;  // tick when the client last took something
  std::size_t slow_bytes_ = 0;      // of the present request, since moved_
  bool in_turn_ = false;            // Turn() will flush
  bool full_ = false;               // reading goes on when something was answered or sent
  bool waits_to_read_ = false;
  bool waits_to_write_ = false;
  bool flush_scheduled_ = false;
  bool continued_ = false;  // "100 Continue" was sent for the present request
  bool last_request_seen_ = false;
  bool client_has_ended_ = false;
  bool lingers_ = false;
};

}  // namespace edgewise::net::detail
