#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "address.h"
#include "base/files.h"
#include "commands.h"
#include "package/image.h"
#include "registry/http_image_store.h"
#include "registry/transfer.h"
#include "train/model.h"

namespace edgewise {
namespace {

const Deadline kNoHurry = Deadline::Never();

struct Choice {
  std::string from, to, tag = "latest";
  bool json = false;
};

/// "127.0.0.1:8081/delay:pilot" or "127.0.0.1:8081/delay@sha256:...".
struct Reference {
  std::string registry, repository, tag;
};

Result<Reference> ReadReference(const std::string& given) {
  auto text = PlainAddress(given);
  if (const auto api = text.find("/v2/"); text != given && api == text.find('/'))
    text.erase(api, 3);  // as edgewise up prints a registry's URL
  const auto slash = text.find('/');
  const auto mark = slash == std::string::npos ? slash : text.find_first_of("@:", slash);
  if (slash == 0 || mark == std::string::npos || mark == slash + 1 || mark + 1 == text.size()) {
    return Fail(Code::kInvalidArgument,
                fmt::format("\"{}\" must be like 127.0.0.1:8081/delay:pilot or 127.0.0.1:8081/delay@sha256:...", text));
  }
  return Reference{text.substr(0, slash), text.substr(slash + 1, mark - slash - 1), text.substr(mark + 1)};
}

void Print(const Choice& choice, const std::string& what, const Digest& digest) {
  if (choice.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"digest", digest.ToString()}, {"from", choice.from}, {"to", choice.to}}.dump());
  } else {
    fmt::print("{} {}\n{}\n", what, choice.to, digest.ToString());
  }
}

Result<void> Pack(const Choice& choice) {
  const std::filesystem::path folder = choice.from;
  EDGEWISE_ASSIGN(auto onnx, SystemFiles().Read(folder / "model.onnx"));
  EDGEWISE_ASSIGN(auto json, SystemFiles().Read(folder / "model.json"));
  EDGEWISE_ASSIGN(const auto card, train::CardFromJson(json));
  std::vector<package::File> files;
  files.push_back({"model.onnx", std::move(onnx)});
  files.push_back({"model.json", std::move(json)});
  EDGEWISE_ASSIGN(const auto image, package::BuildImage(card.name, files, {}));
  EDGEWISE_TRY(package::WriteLayout(SystemFiles(), choice.to, image, choice.tag));
  Print(choice, "packed into", image.digest);
  return {};
}

Result<void> Push(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto to, ReadReference(choice.to));
  EDGEWISE_ASSIGN(const auto image, package::ReadLayout(SystemFiles(), choice.from, choice.tag));
  registry::HttpImageStore store(net::Address{to.registry});
  EDGEWISE_TRY(registry::PushImage(store, to.repository, image, to.tag, kNoHurry));
  Print(choice, "pushed to", image.digest);
  return {};
}

Result<void> Pull(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto from, ReadReference(choice.from));
  registry::HttpImageStore store(net::Address{from.registry});
  EDGEWISE_ASSIGN(const auto image, registry::PullImage(store, from.repository, from.tag, kNoHurry));
  EDGEWISE_TRY(package::WriteLayout(SystemFiles(), choice.to, image, choice.tag));
  Print(choice, "pulled into", image.digest);
  return {};
}

using Work = Result<void> (*)(const Choice&);

CLI::App* Add(CLI::App& program, int& exit_code, const std::string& name, const std::string& what, Work work,
              const std::shared_ptr<Choice>& choice) {
  auto* command = program.add_subcommand(name, what);
  command->add_option("--tag", choice->tag, "tag inside the layout");
  command->add_flag("--json", choice->json, "print JSON");
  command->callback([choice, work, &exit_code] {
    if (const auto done = work(*choice); !done) exit_code = ExitCode(done.error());
  });
  return command;
}

}  // namespace

void AddPackCommands(CLI::App& program, int& exit_code) {
  const auto packed = std::make_shared<Choice>();  // each lives as long as its command
  auto* pack = Add(program, exit_code, "pack", "make an OCI image layout of a model", Pack, packed);
  pack->footer("Example:\n  edgewise pack model -o image --tag pilot");
  pack->add_option("model", packed->from, "folder with model.onnx and model.json")->required();
  pack->add_option("-o,--output", packed->to, "folder of the layout")->required();

  const auto pushed = std::make_shared<Choice>();
  auto* push = Add(program, exit_code, "push", "bring an image layout into a registry", Push, pushed);
  push->footer("Example:\n  edgewise push image 127.0.0.1:8081/delay:pilot --tag pilot");
  push->add_option("layout", pushed->from, "folder of the layout")->required();
  push->add_option("reference", pushed->to, "REGISTRY/REPOSITORY:TAG")->required();

  const auto pulled = std::make_shared<Choice>();
  auto* pull = Add(program, exit_code, "pull", "bring an image from a registry into a layout, every digest checked", Pull, pulled);
  pull->footer("Example:\n  edgewise pull 127.0.0.1:8081/delay:pilot -o image");
  pull->add_option("reference", pulled->from, "REGISTRY/REPOSITORY:TAG or @DIGEST")->required();
  pull->add_option("-o,--output", pulled->to, "folder of the layout")->required();
}

}  // namespace edgewise
