#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

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

/// Runs of the engine with so many rows: an entry of `batch_stats`.
struct BatchStatistics {
  std::atomic<std::size_t> rows{0};  ///< 0: nobody's yet, and all behind it neither.
  Duration input;                    ///< Joining.
  Duration infer;
  Duration output;  ///< Cutting apart.
};

/// What a version did as a shadow: it scored the same rows as another, and its answers were only compared.
struct ShadowStatistics {
  std::atomic<std::uint64_t> waiting{0};  ///< Copies that are not run yet.
  Duration runs;                          ///< Requests compared; from the copy of the inputs to the comparison.
  std::atomic<std::uint64_t> shed{0};     ///< Not run, because there was no room or no time.
  std::atomic<std::uint64_t> failed{0};   ///< Run, and no answer, or one of another shape.
  std::atomic<std::uint64_t> values{0};   ///< Numbers compared.
  std::atomic<double> difference{0};      ///< Sum of their absolute differences: divided by `values`, the mean.
  std::atomic<std::uint64_t> unequal{0};  ///< Texts, and numbers of which one alone is NaN, that were not the same.
};

/// What one version of a model did since it was loaded: the `statistics` extension of the Open Inference Protocol, and metrics.
/// The protocol counts what only it sees, with the whole request: `success`, `fail`, `input`, `output`. The version counts the rest.
/// Threads: any number; figures of one request may be seen one by one.
struct Statistics {
  static constexpr std::size_t kBatchSizes = 32;

  Duration success;  ///< Whole requests, from parsing to the answer's bytes.
  Duration fail;     ///< Refused or failed.
  Duration queue;
  Duration input;
  Duration infer;
  Duration output;
  std::atomic<std::uint64_t> rows{0};           ///< inference_count.
  std::atomic<std::uint64_t> executions{0};     ///< Runs of the engine: less than requests where they were joined.
  std::atomic<std::uint64_t> rejected{0};       ///< Queue full.
  std::atomic<std::uint64_t> late{0};           ///< Deadline passed before a worker was free, or while the model ran.
  std::atomic<std::int64_t> last_inference{0};  ///< Milliseconds since 1970.
  std::array<BatchStatistics, kBatchSizes>
      batches;  ///< By rows, in the order in which they first came; more sizes than fit are not told apart.
  ShadowStatistics shadow;

  /// The entry of runs with so many rows; the last one takes all sizes for which there is no place.
  BatchStatistics& Batch(std::size_t run_rows) {
    for (auto& batch : batches) {
      std::size_t present = batch.rows.load(std::memory_order_relaxed);
      if (present == 0 && batch.rows.compare_exchange_strong(present, run_rows, std::memory_order_relaxed)) return batch;
      if (present == run_rows) return batch;
    }
    return batches.back();
  }
};

}  // namespace edgewise::score
