#include "score/detail/rest_metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <functional>

namespace edgewise::score::detail {
namespace {

using Read = std::function<double(const Statistics&)>;

struct Counted {
  const char* name;
  const char* help;
  Read read;
};

double Count(const Duration& duration) { return static_cast<double>(duration.count.load()); }
double Seconds(const Duration& duration) { return static_cast<double>(duration.nanoseconds.load()) / 1e9; }
double Microseconds(const Duration& duration) { return static_cast<double>(duration.nanoseconds.load()) / 1e3; }
double Number(const std::atomic<std::uint64_t>& number) { return static_cast<double>(number.load()); }

std::vector<Counted> Ours() {
  return {
      {"edgewise_score_requests_total", "Requests answered.", [](const auto& s) { return Count(s.success); }},
      {"edgewise_score_failed_total", "Requests refused or failed.", [](const auto& s) { return Count(s.fail); }},
      {"edgewise_score_rows_total", "Rows scored.", [](const auto& s) { return Number(s.rows); }},
      {"edgewise_score_runs_total", "Runs of the engine; less than requests where they were joined.",
       [](const auto& s) { return Number(s.executions); }},
      {"edgewise_score_rejected_total", "Requests refused because the queue was full.", [](const auto& s) { return Number(s.rejected); }},
      {"edgewise_score_late_total", "Requests whose deadline passed before they were run.", [](const auto& s) { return Number(s.late); }},
      {"edgewise_score_request_seconds_total", "Time of whole requests.", [](const auto& s) { return Seconds(s.success); }},
      {"edgewise_score_queue_seconds_total", "Time that requests waited for a worker.", [](const auto& s) { return Seconds(s.queue); }},
      {"edgewise_score_input_seconds_total", "Time spent on reading requests.", [](const auto& s) { return Seconds(s.input); }},
      {"edgewise_score_engine_seconds_total", "Time in the engine.", [](const auto& s) { return Seconds(s.infer); }},
      {"edgewise_score_output_seconds_total", "Time spent on writing answers.", [](const auto& s) { return Seconds(s.output); }},
      {"edgewise_score_shadow_runs_total", "Requests that this version scored as a shadow.",
       [](const auto& s) { return Count(s.shadow.runs); }},
      {"edgewise_score_shadow_shed_total", "Requests that it did not score for want of time.",
       [](const auto& s) { return Number(s.shadow.shed); }},
      {"edgewise_score_shadow_failed_total", "Requests that it failed, or answered in another shape or type.",
       [](const auto& s) { return Number(s.shadow.failed); }},
      {"edgewise_score_shadow_unequal_total", "Texts that differ, and numbers of which one alone is NaN or infinite.",
       [](const auto& s) { return Number(s.shadow.unequal); }},
      {"edgewise_score_shadow_values_total", "Numbers compared with the answer's.", [](const auto& s) { return Number(s.shadow.values); }},
      {"edgewise_score_shadow_difference_total", "Sum of their absolute differences.",
       [](const auto& s) { return s.shadow.difference.load(); }},
  };
}

std::vector<Counted> Tritons() {
  return {
      {"nv_inference_request_success", "Number of successful inference requests", [](const auto& s) { return Count(s.success); }},
      {"nv_inference_request_failure", "Number of failed inference requests", [](const auto& s) { return Count(s.fail); }},
      {"nv_inference_count", "Number of inferences performed", [](const auto& s) { return Number(s.rows); }},
      {"nv_inference_exec_count", "Number of model executions performed", [](const auto& s) { return Number(s.executions); }},
      {"nv_inference_request_duration_us", "Cumulative inference request duration", [](const auto& s) { return Microseconds(s.success); }},
      {"nv_inference_queue_duration_us", "Cumulative inference queuing duration", [](const auto& s) { return Microseconds(s.queue); }},
      {"nv_inference_compute_input_duration_us", "Cumulative compute input duration", [](const auto& s) { return Microseconds(s.input); }},
      {"nv_inference_compute_infer_duration_us", "Cumulative compute inference duration",
       [](const auto& s) { return Microseconds(s.infer); }},
      {"nv_inference_compute_output_duration_us", "Cumulative compute output duration",
       [](const auto& s) { return Microseconds(s.output); }},
  };
}

prometheus::MetricFamily FamilyOf(const Counted& counted, Versions versions) {
  prometheus::MetricFamily family{.name = counted.name, .help = counted.help, .type = prometheus::MetricType::Counter, .metric = {}};
  for (const auto& version : versions) {
    prometheus::ClientMetric metric;
    metric.label = {{"model", version->model()}, {"version", version->version()}};
    metric.counter.value = counted.read(version->statistics());
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace

std::string MetricsText(Versions versions, bool ready, bool triton) {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& counted : Ours()) families.push_back(FamilyOf(counted, versions));
  if (triton) {
    for (const auto& counted : Tritons()) families.push_back(FamilyOf(counted, versions));
  }
  prometheus::MetricFamily state{
      .name = "edgewise_score_ready", .help = "1 when the server is ready.", .type = prometheus::MetricType::Gauge, .metric = {}};
  state.metric.emplace_back().gauge.value = ready ? 1 : 0;
  families.push_back(std::move(state));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace edgewise::score::detail
