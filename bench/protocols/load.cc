// edgewise_bench_load ADDRESS:PORT FOLDER CONNECTIONS RATE SECONDS: sends the requests in FOLDER (one whole HTTP request a file) in turn.
// RATE a second, each at its own time whatever became of those before it; its latency counts from that time, so that a server that
// stands still is charged for every request that it kept waiting. RATE 0: each connection sends when its answer has come.
// Prints JSON: sent, answered, failed (another status, broken, or no answer 5 s after the end), latencies in microseconds.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <vector>

#include "http_connection.h"

namespace edgewise::bench {
namespace {

using Clock = std::chrono::steady_clock;
using State = HttpConnection::State;

struct Plan {
  sockaddr_in server{};
  std::vector<std::string> requests;
  std::size_t connections = 1;
  double rate = 0;  // 0: as fast as answers come
  std::chrono::duration<double> time{};
};

class Load {
 public:
  explicit Load(const Plan& plan) : plan_(plan), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    lanes_.resize(plan_.connections);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      lanes_[i].connection = std::make_unique<HttpConnection>(plan_.server);
      Watch(i);
    }
  }
  ~Load() { close(epoll_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void Run() {
    start_ = Clock::now();
    end_ = start_ + std::chrono::duration_cast<Clock::duration>(plan_.time);
    for (auto now = start_; now < end_ || (busy() && now < end_ + std::chrono::seconds(5)); now = Clock::now()) {
      Schedule(now);
      Hand();
      Wait();
    }
    failed_ += due_.size() + waiting();
  }
  void Print();

 private:
  struct Lane {
    std::unique_ptr<HttpConnection> connection;
    Clock::time_point due;
  };

  std::uint64_t waiting() const {
    return static_cast<std::uint64_t>(std::ranges::count_if(lanes_, [](const auto& lane) { return !lane.connection->idle(); }));
  }
  bool busy() const { return !due_.empty() || waiting() > 0; }
  void Watch(std::size_t lane) {
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u64 = lane}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, lanes_[lane].connection->socket(), &event);
  }
  Clock::time_point Due(std::uint64_t number) const {
    return start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(static_cast<double>(number) / plan_.rate));
  }
  void Schedule(Clock::time_point now) {
    if (plan_.rate == 0) return;
    for (; Due(scheduled_) <= now && Due(scheduled_) < end_; ++scheduled_) due_.push_back(Due(scheduled_));
  }
  /// Gives each idle connection the oldest request that is due.
  void Hand() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (!lanes_[i].connection->idle()) continue;
      if (plan_.rate == 0 ? Clock::now() >= end_ : due_.empty()) return;
      lanes_[i].due = plan_.rate == 0 ? Clock::now() : due_.front();
      if (plan_.rate != 0) due_.pop_front();
      const auto& request = plan_.requests[sent_++ % plan_.requests.size()];
      if (lanes_[i].connection->Send(request) == State::kBroken) Broken(i);
    }
  }
  void Wait() {
    std::array<epoll_event, 64> events;
    auto limit = std::chrono::nanoseconds(std::chrono::milliseconds(100));
    if (plan_.rate != 0 && Due(scheduled_) < end_) limit = std::min(limit, std::chrono::nanoseconds(Due(scheduled_) - Clock::now()));
    const timespec timeout{0, static_cast<long>(std::max(limit.count(), std::int64_t{0}))};
    const int ready = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
    for (int i = 0; i < ready; ++i) Ready(events[static_cast<std::size_t>(i)].data.u64);
  }
  void Ready(std::size_t lane) {
    const auto state = lanes_[lane].connection->Continue();
    if (state == State::kBroken) return Broken(lane);
    if (state == State::kWaiting || state == State::kIdle) return;
    if (state == State::kRefused) ++failed_;
    if (state == State::kAnswered) {
      latencies_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - lanes_[lane].due).count());
    }
    lanes_[lane].due = {};
  }
  void Broken(std::size_t lane) {
    if (lanes_[lane].due != Clock::time_point{}) ++failed_;  // else it hung up while nobody asked, which it may
    lanes_[lane].due = {};
    lanes_[lane].connection->Reconnect();
    Watch(lane);
  }

  const Plan& plan_;
  int epoll_;
  std::vector<Lane> lanes_;
  std::deque<Clock::time_point> due_;
  std::vector<double> latencies_;
  Clock::time_point start_, end_;
  std::uint64_t scheduled_ = 0, sent_ = 0, failed_ = 0;
};

void Load::Print() {
  std::ranges::sort(latencies_);
  const auto at = [&](double share) {
    if (latencies_.empty()) return 0.0;
    return latencies_[std::min(latencies_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(latencies_.size())))];
  };
  const std::chrono::duration<double> spent = end_ - start_;
  fmt::print(R"({{"sent":{},"answered":{},"failed":{},"seconds":{},"p50_us":{:.1f},"p90_us":{:.1f},"p99_us":{:.1f},"max_us":{:.1f}}})"
             "\n",
             sent_, latencies_.size(), failed_, spent.count(), at(0.5), at(0.9), at(0.99), at(1));
}

std::vector<std::string> ReadRequests(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<std::string> requests;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    requests.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  if (requests.empty()) throw std::runtime_error(fmt::format("no requests in {}", folder.string()));
  return requests;
}

sockaddr_in ParseAddress(const std::string& address) {
  const auto colon = address.rfind(':');
  sockaddr_in parsed{};
  parsed.sin_family = AF_INET;
  if (colon == std::string::npos || inet_pton(AF_INET, address.substr(0, colon).c_str(), &parsed.sin_addr) != 1) {
    throw std::runtime_error(fmt::format("\"{}\" is no address; expected such as 127.0.0.1:9000", address));
  }
  parsed.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
  return parsed;
}

}  // namespace
}  // namespace edgewise::bench

int main(int count, char** words) {
  using namespace edgewise::bench;
  if (count != 6) {
    fmt::print(stderr, "usage: edgewise_bench_load ADDRESS:PORT FOLDER CONNECTIONS RATE SECONDS\n");
    return 2;
  }
  try {
    prctl(PR_SET_TIMERSLACK, 1);  // else the kernel may be 50 us late, which is most of what is measured
    const Plan plan{ParseAddress(words[1]), ReadRequests(words[2]), static_cast<std::size_t>(std::atoi(words[3])), std::atof(words[4]),
                    std::chrono::duration<double>(std::atof(words[5]))};
    Load load(plan);
    load.Run();
    load.Print();
  } catch (const std::exception& fault) {
    fmt::print(stderr, "bench: {}\n", fault.what());
    return 1;
  }
  return 0;
}
