#include "score/model_repository.h"

#include "score/folder_repository.h"

namespace edgewise::score {

Result<std::unique_ptr<ModelRepository>> ModelRepository::Open(Files& files, const std::filesystem::path& folder, Options options) {
  auto repository = std::make_unique<FolderRepository>(files, std::move(options));
  EDGEWISE_TRY(repository->Start(folder));
  return repository;
}

Result<std::unique_ptr<ModelRepository>> ModelRepository::OpenOne(Files& files, const std::filesystem::path& folder, std::string name,
                                                                  Options options) {
  auto repository = std::make_unique<FolderRepository>(files, std::move(options));
  EDGEWISE_TRY(repository->StartOne(folder, std::move(name)));
  return repository;
}

}  // namespace edgewise::score
