// A program of its own: it counts what each thread takes from the heap.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "net/http_view.h"
#include "net/raw_client_test.h"

namespace {
thread_local std::size_t taken = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++taken;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace edgewise::net {
namespace {

TEST(Allocation, ARequestTakesNoMemoryInSteadyState) {
  constexpr std::size_t kWarm = 100, kRequests = 2000;
  std::size_t handled = 0, taken_warm = 0, taken_last = 0;
  const auto count = [&](const RequestView& request, ResponseWriter& response, std::size_t) {
    ++handled;
    if (handled == kWarm) taken_warm = taken;
    taken_last = taken;
    response.AddHeader("X-Model", request.header("X-Model"));
    response.body().append(request.body);
    response.Send(200, "application/json");
  };
  const auto server = StartViews({{"127.0.0.1:0"}}, count, {}).value();
  RawClient client(server->addresses().at(0));
  const std::string request = "POST /score HTTP/1.1\r\nHost: x\r\nX-Model: delay\r\nContent-Length: 300\r\n\r\n" + std::string(300, 'x');
  for (std::size_t i = 0; i < kRequests; ++i) {
    ASSERT_EQ(client.Send(request), request.size());
    ASSERT_GT(client.ReadSome(4096), 300U);
  }
  server->Stop();
  EXPECT_EQ(handled, kRequests);
  EXPECT_GT(taken_warm, 0U) << "the counter counts";
  EXPECT_LT(taken_last - taken_warm, kRequests / 100) << "a timer now and then may";
}

}  // namespace
}  // namespace edgewise::net
