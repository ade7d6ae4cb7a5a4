#pragma once

#include "site/tap_sniffer.h"
// After the sniffer, which makes Boost 1.74 compile.
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <mutex>

#include "site/asking.h"
#include "site/input_options.h"
#include "site/tap_counters.h"

namespace edgewise::site {

/// What all connections of a tap share. The tap's thread alone, but for `home`.
struct TapShared {
  /// Where answers from other threads are brought to: they may come when the tap is gone.
  struct Home {
    std::mutex mutex;
    boost::asio::io_context* context = nullptr;  // null once the tap is gone
  };
  TapOptions options;
  boost::asio::ip::tcp::endpoint upstream;
  Ask ask;
  TapCounters counters;
  std::shared_ptr<Home> home = std::make_shared<Home>();                  // shared with whoever still owes an answer
  std::shared_ptr<std::size_t> asked = std::make_shared<std::size_t>(0);  // questions under way; shared with their answers
  bool stopping = false;
};

/// One client's connection and its own to the application (tap.h). Lives on the tap's thread.
class TapSession : public std::enable_shared_from_this<TapSession> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  TapSession(TapShared& shared, Socket client);
  void Start();
  void Close();
  void Abort();  ///< Closes so that the other side knows that something is missing.
  bool closed() const { return !client_.is_open(); }
  bool busy() const { return !exchanges_.empty() || unread_ || writing_down_; }  ///< Something is in flight, or it cannot be told.

 private:
  /// A request that passed, until its reply has.
  struct Exchange {
    enum class State : std::uint8_t { kPlain, kReading, kAsked, kAnswered };
    std::uint64_t number = 0;
    bool is_head = false;  ///< Its method is HEAD.
    bool is_connect = false;
    State state = State::kReading;
    std::string headers;  ///< What the reply gets.
  };

  void ReadUp();
  void OnUp(boost::system::error_code error, std::size_t bytes);
  void PassUp(std::size_t bytes);
  void Connect(std::size_t first_bytes);
  void SayAbsent(const std::string& why);
  void Discard();
  void OnHead(std::string_view method, std::string_view target);
  void OnRequest(PassedRequest request);
  void AskAbout(Exchange& exchange, const PassedRequest& request);
  void OnAnswer(std::uint64_t number, const net::HttpResponse& answer);

  void ReadDown();
  void PassDown();
  void CutReplies();
  bool HoldsHead();
  void Release(bool in_time);
  void WriteDown();
  void EndDown();
  void StopReading();
  void WatchIdle();
  bool CloseIfLast();

  TapShared& shared_;  // of the tap, which outlives its sessions
  Socket client_, upstream_;
  boost::asio::steady_timer idle_, hold_;
  std::array<char, 32u << 10> up_, down_;
  RequestSniffer requests_;
  ReplySniffer replies_;
  std::deque<Exchange> exchanges_;
  std::uint64_t next_ = 0;
  std::optional<std::string> held_;  // a reply's head that waits for its score
  std::string out_;                  // on its way to the client
  bool unread_ = false;              // from here on bytes only pass
  bool connected_ = false;
  bool reading_down_ = false, writing_down_ = false;
  bool up_ended_ = false, down_ended_ = false;
  bool moved_ = false;
};

}  // namespace edgewise::site
