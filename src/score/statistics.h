#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>

namespace edgewise::score {

/// How often something happened and how long it took in all.
struct Duration {
  std::atomic<std::uint64_t> count{0};
  std::atomic<std::uint64_t> nanoseconds{0};
  void Add(std::chrono::nanoseconds time) {
    count.fetch_add(1, std::memory_order_relaxed);
    nanoseconds.fetch_add(static_cast<std::uint64_t>(time.count()), std::memory_order_relaxed);
  }
};

/// What one version of a model did since it was loaded: the `statistics` extension of the Open Inference Protocol, and metrics.
/// Threads: any number; figures of one request may be seen one by one.
struct Statistics {
  Duration success;  ///< Whole requests, from parsing to the answer's bytes.
  Duration fail;     ///< Refused or failed.
  Duration queue;
  Duration input;
  Duration infer;
  Duration output;
  std::atomic<std::uint64_t> rows{0};        ///< inference_count.
  std::atomic<std::uint64_t> executions{0};  ///< Runs of the engine: less than requests where they were joined.
  std::atomic<std::uint64_t> rejected{0};    ///< Queue full.
  std::atomic<std::uint64_t> late{0};        ///< Deadline passed before a worker was free.
  std::atomic<std::int64_t> last_inference{0};  ///< Milliseconds since 1970.
};

}  // namespace edgewise::score
