#include <fmt/format.h>

#include "commands.h"
#include "fetch_model.h"
#include "score/scorer_process.h"
#include "usage.h"

namespace edgewise {
namespace {

constexpr std::size_t kKibibyte = 1024, kMebibyte = kKibibyte * kKibibyte;

struct Choice {
  std::string socket, http, grpc, metrics, repository, directory, name;
  std::size_t threads = 1, workers = 1, memory_budget = 0, queue = 1024, max_rows = 16384, max_body = 64, connections = 1000,
              max_header = 64, streams = 100, calls = 4096, metadata = 16;
  unsigned limit = 10000;
  bool explicit_only = false, triton_metrics = false, lifeline = false, json = false;
};

void AddWhatAndWhere(CLI::App& serve, Choice& choice) {
  auto* repository = serve.add_option("--repository", choice.repository, "folder of models: NAME/1/model.onnx, or NAME/model.onnx");
  auto* directory = serve.add_option("--model-dir", choice.directory, "folder of one model: model.onnx, and model.json if there is one");
  auto* name = serve.add_option("--name", choice.name, "what clients call the model of --model-dir");
  repository->excludes(directory)->excludes(name);
  directory->needs(name);
  AddAddress(serve, "--http", choice.http, "host:port for HTTP; port 0 takes a free one");
  AddAddress(serve, "--grpc", choice.grpc, "host:port for gRPC; without it there is none");
  AddAddress(serve, "--metrics", choice.metrics, "host:port for GET /metrics, /livez and /readyz alone; HTTP has them too");
  serve.add_option("--socket", choice.socket, "Unix socket for HTTP");
}

void AddLimits(CLI::App& serve, Choice& choice) {
  serve.add_option("--threads", choice.threads, "threads for HTTP, and as many for gRPC; quick models run on them")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  serve.add_option("--workers", choice.workers, "threads for models that take longer than about 0.4 ms")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  serve.add_option("--queue", choice.queue, "requests of a version that may wait for a worker; one more gets 429")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  serve.add_option("--max-rows", choice.max_rows, "rows in one request")->check(CLI::Range(1, 1 << 24))->capture_default_str();
  serve.add_option("--max-body", choice.max_body, "MiB of one request's body")->check(CLI::Range(1, 1024))->capture_default_str();
  serve.add_option("--max-connections", choice.connections, "HTTP connections at once; one more is closed")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  serve.add_option("--max-header", choice.max_header, "KiB of one request's headers; more get 431")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  serve.add_option("--max-streams", choice.streams, "gRPC calls at once on one connection")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  serve.add_option("--max-calls", choice.calls, "gRPC calls at once on one thread; one more is told to come again")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  serve.add_option("--max-metadata", choice.metadata, "KiB of one gRPC call's metadata")->check(CLI::Range(1, 1024))->capture_default_str();
  serve.add_option("--timeout", choice.limit, "milliseconds a request may take; a longer one gets 504")
      ->check(CLI::Range(1, 3600000))
      ->capture_default_str();
  serve
      .add_option("--memory-budget", choice.memory_budget,
                  "MiB of loaded models: the least recently used are let go, and loaded again when asked for; 0: all stay")
      ->capture_default_str();
}

score::ScorerProcess ProcessOf(const Choice& choice) {
  score::ScorerProcess process;
  process.repository = choice.repository;
  process.directory = choice.directory;
  process.name = choice.name;
  auto& server = process.server;
  if (!choice.socket.empty()) server.addresses.push_back({"unix:" + choice.socket});
  if (!choice.http.empty()) server.addresses.push_back({choice.http});
  if (!choice.metrics.empty()) server.metrics_addresses.push_back({choice.metrics});
  if (!choice.grpc.empty()) process.grpc = net::Address{choice.grpc};
  server.http.threads = choice.threads;
  server.http.max_body = choice.max_body * kMebibyte;
  server.http.max_connections = choice.connections;
  server.http.max_header = choice.max_header * kKibibyte;
  process.grpc_limits.streams = choice.streams;
  process.grpc_limits.calls = choice.calls;
  process.grpc_limits.metadata_bytes = choice.metadata * kKibibyte;
  server.score_limit = std::chrono::milliseconds(choice.limit);
  server.triton_metrics = choice.triton_metrics;
  process.models.workers = choice.workers;
  process.models.queue_jobs = choice.queue;
  process.models.max_rows = choice.max_rows;
  process.models.memory_budget = choice.memory_budget * kMebibyte;
  process.models.exclusive = choice.explicit_only;
  process.models.fetch = FetchModel;
  process.json = choice.json;
  process.lifeline = choice.lifeline;
  return process;
}

void Serve(const Choice& choice, int& exit_code) {
  if (choice.repository.empty() && choice.directory.empty()) {
    throw CLI::ValidationError("score serve", "needs --repository, or --model-dir with --name");
  }
  if (choice.socket.empty() && choice.http.empty()) throw CLI::ValidationError("score serve", "needs --http or --socket");
  if (const auto served = score::RunScorer(ProcessOf(choice)); !served) exit_code = ExitCode(served.error());
}

void AddServe(CLI::App& score, int& exit_code) {
  auto* serve = score.add_subcommand("serve", "a scorer as a process: Open Inference Protocol over HTTP and gRPC, and plain rows");
  serve->footer(
      "Example:\n  edgewise score serve --repository models --http 127.0.0.1:8000 --grpc 127.0.0.1:8001\n"
      "  edgewise score serve --model-dir model --name delay --http 127.0.0.1:9000");
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  AddWhatAndWhere(*serve, *choice);
  AddLimits(*serve, *choice);
  serve->add_flag("--explicit", choice->explicit_only, "load no model at the start: only when a client asks for it to be loaded");
  serve->add_flag("--triton-metrics", choice->triton_metrics, "metrics under Triton's names (nv_inference_...) too");
  serve->add_flag("--json", choice->json, "print the addresses as JSON");
  serve->add_flag("--lifeline", choice->lifeline, "stop when standard input ends");
  serve->callback([choice, &exit_code] { Serve(*choice, exit_code); });
}

}  // namespace

void AddScoreCommand(CLI::App& program, int& exit_code) {
  auto* score = program.add_subcommand("score", "serve models' scores, or score again what sites kept");
  score->require_subcommand(1);
  score->footer(
      "Example:\n  edgewise score serve --repository models --http 127.0.0.1:8000 --grpc 127.0.0.1:8001\n"
      "  edgewise score replay --state build/flights --model model");
  AddScoreReplayCommand(*score, exit_code);
  AddServe(*score, exit_code);
}

}  // namespace edgewise
