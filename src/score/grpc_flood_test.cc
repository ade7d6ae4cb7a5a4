#include <thread>
#include <utility>

#include "score/grpc_hostile_test.h"

namespace edgewise::score {
namespace {

// Bounds of what a case leaves behind: about twice the most that was measured, in brackets.
constexpr std::size_t kHangUps = 32u << 20;       // [11 MiB]
constexpr std::size_t kAnnounced = 32u << 20;     // [5 MiB] a message that does not come
constexpr std::size_t kControl = 128u << 20;      // [64 MiB] acknowledgements of settings
constexpr std::size_t kUnread = 160u << 20;       // [76 MiB]
constexpr std::size_t kHeaderFlood = 160u << 20;  // [81 MiB] of 64 MB sent

/// What gRPC itself takes for a moment when it is flooded, and glibc keeps: a second flood takes no more (docs/limits.md). Far below what
/// was sent or named, all the same.
constexpr std::size_t kFlood = 400u << 20;

/// Settings of a client to which not a byte of an answer may be sent: INITIAL_WINDOW_SIZE 0.
const std::string kNoWindow = frames::Big(4, 2) + frames::Big(0, 4);

/// Of a call that is cancelled: RESOURCE_EXHAUSTED, in no table.
const std::string kRefused = std::string("grpc-status\1") + "8";

/// Waits for what another thread does. False if it does not.
template <class Condition>
bool Until(Condition condition) {
  const auto deadline = Deadline::After(std::chrono::seconds(60));
  while (!condition()) {
    if (deadline.Expired()) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_F(GrpcHostileTest, AThousandClientsHangUpInFlight) {
  constexpr int kRounds = 20;
  constexpr int kClients = 50;
  const auto request = frames::Request(1, RawSumRequest().SerializeAsString());
  sum_->runs_inline = false;
  for (int round = 0; round < kRounds; ++round) {
    sum_->engine->Hold();
    sum_->submitted = 0;
    std::vector<std::unique_ptr<RawConnection>> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.push_back(Raw());
      clients.back()->Send(request);
    }
    // Half of the rounds when all are at the server's workers, half whenever it is.
    if (round % 2 == 0) {
      EXPECT_TRUE(Until([&] { return sum_->submitted >= kClients; }));
    }
    for (const auto& client : clients) client->Abort();
    clients.clear();
    sum_->engine->Release();
  }
  sum_->runs_inline = true;
  for (int i = 0; i < 200; ++i) {
    const auto client = Raw();
    client->Send(request);
    client->Abort();
  }
  ExpectUnharmed(kHangUps);
}

TEST_F(GrpcHostileTest, RapidResetsLeaveNothingBehind) {
  const auto raw = Raw();
  const auto headers = frames::Block(frames::Call());
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    const auto stream = 2 * i + 1;
    if (!raw->Send(frames::Frame(frames::kHeaders, frames::kEndHeaders, stream, headers) +
                   frames::Frame(frames::kReset, 0, stream, frames::Big(8, 4)))) {
      break;
    }
  }
  ExpectUnharmed(kFlood);
}

TEST_F(GrpcHostileTest, HeadersWithoutEndAreNotCollected) {
  const auto raw = Raw();
  raw->Send(frames::Frame(frames::kHeaders, 0, 1, frames::Block(frames::Call())));
  const auto more = frames::Block({{"x", std::string(16'000, 'x')}});
  for (int i = 0; i < 4'000 && raw->Send(frames::Frame(frames::kContinuation, 0, 1, more)); ++i) {
  }
  ExpectUnharmed(kHeaderFlood);
}

TEST_F(GrpcHostileTest, HeadersThatGrowWhenUnpackedAreRefused) {
  const auto raw = Raw();
  // One field of 3 KB into the dynamic table, then named a thousand times by one byte each.
  std::string block = frames::Block(frames::Call()) + "\x40" + frames::Text("x") + frames::Text(std::string(3'000, 'x'));
  block += std::string(1'000, '\xbe');
  raw->Send(frames::Frame(frames::kHeaders, frames::kEndHeaders, 1, block) +
            frames::Frame(frames::kData, frames::kEndStream, 1, frames::Message(RawSumRequest().SerializeAsString())));
  raw->Send(frames::Frame(frames::kPing, 0, 0, "12345678"));
  EXPECT_TRUE(raw->Gets("12345678") || raw->GetsClosed());
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, AMessageThatIsSentWithoutEndIsNotKept) {
  const auto raw = Raw();
  raw->Send(frames::Frame(frames::kHeaders, frames::kEndHeaders, 1, frames::Block(frames::Call())));
  raw->Send(frames::Frame(frames::kData, 0, 1, frames::Big(0, 1) + frames::Big(0xffffffff, 4)));
  const auto piece = frames::Frame(frames::kData, 0, 1, std::string(16'384, 'x'));
  for (int i = 0; i < 64'000 && raw->Send(piece); ++i) {  // 1 GB, of 4
  }
  ExpectUnharmed(kAnnounced);
}

TEST_F(GrpcHostileTest, PingsAndSettingsWithoutEndAreCutOffOrHarmless) {
  const auto pings = Raw();
  for (int i = 0; i < 20'000 && pings->Send(frames::Frame(frames::kPing, 0, 0, "12345678")); ++i) {
  }
  const auto settings = Raw();
  for (int i = 0; i < 20'000 && settings->Send(frames::Frame(frames::kSettings, 0, 0, "")); ++i) {
  }
  const auto windows = Raw();
  for (int i = 0; i < 3 && windows->Send(frames::Frame(frames::kWindowUpdate, 0, 0, frames::Big(0x7fffffff, 4))); ++i) {
  }
  const auto strays = Raw();
  strays->Send(frames::Frame(frames::kData, 0, 0, "data of no stream") +
               frames::Frame(frames::kHeaders, frames::kEndHeaders, 2, frames::Block(frames::Call())));
  ExpectUnharmed(kControl);
}

TEST_F(GrpcHostileTest, AnswersThatNobodyReadsAreBounded) {
  const auto raw = Raw(kNoWindow);
  const auto request = RawSumRequest().SerializeAsString();
  for (std::uint32_t i = 0; i < 5'000 && raw->Send(frames::Request(2 * i + 1, request)); ++i) {
  }
  ExpectUnharmed(kUnread);
}

TEST_F(GrpcHostileTest, AConnectionThatAgreedToItsStreamsIsClosedBeyondThem) {
  BeginWith({.streams = 4});
  sum_->runs_inline = false;
  sum_->engine->Hold();
  const auto raw = Raw();
  EXPECT_TRUE(raw->Gets(frames::Big(3, 2) + frames::Big(4, 4)));  // MAX_CONCURRENT_STREAMS
  raw->Send(frames::Frame(frames::kSettings, frames::kAck, 0, ""));
  const auto request = RawSumRequest().SerializeAsString();
  for (std::uint32_t i = 0; i < 5 && raw->Send(frames::Request(2 * i + 1, request)); ++i) {
  }
  EXPECT_TRUE(raw->GetsClosed());
  sum_->engine->Release();
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, AConnectionThatNeverAgreedHasTwiceItsStreamsAtWorkAndNoMore) {
  constexpr std::uint32_t kMost = 8, kMore = 12;
  BeginWith({.streams = kMost / 2, .calls = kMost + 1});
  sum_->runs_inline = false;
  sum_->engine->Hold();
  const auto raw = Raw();
  const auto request = RawSumRequest().SerializeAsString();
  for (std::uint32_t i = 0; i < kMost + kMore; ++i) EXPECT_TRUE(raw->Send(frames::Request(2 * i + 1, request)));
  EXPECT_TRUE(raw->Gets(kRefused, kMore));
  EXPECT_TRUE(Until([&] { return sum_->submitted >= static_cast<int>(kMost); }));
  EXPECT_EQ(sum_->submitted, static_cast<int>(kMost));
  EXPECT_TRUE(Live());
  const auto before = scored();
  sum_->engine->Release();
  EXPECT_TRUE(Until([&] { return scored() == before + kMost; }));
  auto stream = 2 * (kMost + kMore) + 1;
  EXPECT_TRUE(Until([&] {
    raw->Send(frames::Request(std::exchange(stream, stream + 2), request));
    return scored() > before + kMost;  // welcome again
  }));
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, AnswersThatNobodyTakesMakeRoomForOthers) {
  constexpr std::uint32_t kCalls = 8;
  BeginWith({.calls = kCalls, .stalled = {}});
  const auto raw = Raw(kNoWindow);
  const auto request = RawSumRequest().SerializeAsString();
  for (std::uint32_t round = 0; round < 3; ++round) {
    const auto before = scored();
    for (std::uint32_t i = round * kCalls; i < (round + 1) * kCalls; ++i) EXPECT_TRUE(raw->Send(frames::Request(2 * i + 1, request)));
    EXPECT_TRUE(Until([&] { return scored() == before + kCalls; }));
    ExpectUnharmed();
  }
}

TEST_F(GrpcHostileTest, CallsWhoseMessageDoesNotComeAreCountedToo) {
  constexpr std::uint32_t kMost = 8, kMore = 12;
  BeginWith({.streams = kMost / 2});
  const auto raw = Raw();
  const auto headers = frames::Block(frames::Call());
  const auto call = [&](std::uint32_t i) { return frames::Frame(frames::kHeaders, frames::kEndHeaders, 2 * i + 1, headers); };
  for (std::uint32_t i = 0; i < kMost + kMore; ++i) EXPECT_TRUE(raw->Send(call(i)));
  EXPECT_TRUE(raw->Gets(kRefused, kMore));
  for (std::uint32_t i = kMost + kMore; i < 20'000 && raw->Send(call(i)); ++i) {
  }
  ExpectUnharmed(kFlood);
}

TEST_F(GrpcHostileTest, CallsWhoseMessageDoesNotComeMakeRoomForOthers) {
  constexpr std::uint32_t kCalls = 8;
  BeginWith({.calls = kCalls, .stalled = {}});
  const auto raw = Raw();
  const std::string infer = "/inference.GRPCInferenceService/ModelInfer", live = "/inference.GRPCInferenceService/ServerLive";
  for (std::uint32_t i = 0; i < kCalls; ++i) {
    const auto headers = frames::Block(frames::Call({}, i % 2 == 0 ? infer : live));
    EXPECT_TRUE(raw->Send(frames::Frame(frames::kHeaders, frames::kEndHeaders, 2 * i + 1, headers)));
  }
  EXPECT_TRUE(raw->Send(frames::Frame(frames::kPing, 0, 0, "12345678")));
  EXPECT_TRUE(raw->Gets("12345678"));
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, CallsAtWorkMakeNoRoomForOthers) {
  constexpr int kCalls = 4;
  BeginWith({.calls = kCalls, .stalled = {}});
  sum_->runs_inline = false;
  sum_->engine->Hold();
  std::vector<std::thread> clients;
  for (int i = 0; i < kCalls; ++i) clients.emplace_back([this] { EXPECT_TRUE(Infer(SumRequest()).ok()); });
  EXPECT_TRUE(Until([&] { return sum_->submitted >= kCalls; }));
  EXPECT_EQ(Infer(SumRequest()).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  sum_->engine->Release();
  for (auto& client : clients) client.join();
}

}  // namespace
}  // namespace edgewise::score
