#include "commands.h"
#include "score/scorer_process.h"
#include "usage.h"

namespace edgewise {

void AddScoreCommand(CLI::App& program, int& exit_code) {
  auto* score = program.add_subcommand("score", "serve a model's scores, or score again what sites kept");
  score->require_subcommand(1);
  score->footer(
      "Example:\n  edgewise score serve --address 127.0.0.1:9000 --model-dir model --name delay\n"
      "  edgewise score replay --state build/flights --model model");
  AddScoreReplayCommand(*score, exit_code);
  auto* serve = score->add_subcommand("serve", "one scorer as a process: Open Inference Protocol and plain rows");
  serve->footer("Example:\n  edgewise score serve --address 127.0.0.1:9000 --model-dir model --name delay");
  struct Choice {
    std::string socket, address, directory, name;
    bool lifeline = false, json = false;
  };
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  serve->add_option("--socket", choice->socket, "Unix socket to listen on");
  AddAddress(*serve, "--address", choice->address, "host:port to listen on; port 0 takes a free one");
  serve->add_option("--model-dir", choice->directory, "folder with model.onnx and model.json")->required();
  serve->add_option("--name", choice->name, "what clients call the model")->required();
  serve->add_flag("--json", choice->json, "print the addresses as JSON");
  serve->add_flag("--lifeline", choice->lifeline, "stop when standard input ends");
  serve->callback([choice, &exit_code] {
    score::ScorerProcess process{
        .addresses = {}, .directory = choice->directory, .name = choice->name, .json = choice->json, .lifeline = choice->lifeline};
    if (!choice->socket.empty()) process.addresses.push_back({"unix:" + choice->socket});
    if (!choice->address.empty()) process.addresses.push_back({choice->address});
    if (process.addresses.empty()) throw CLI::ValidationError("score serve", "needs --socket or --address");
    if (const auto served = score::RunScorer(process); !served) exit_code = ExitCode(served.error());
  });
}

}  // namespace edgewise
