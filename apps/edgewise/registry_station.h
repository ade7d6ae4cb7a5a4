#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "net/http.h"
#include "registry/directory_image_store.h"
#include "registry/server.h"

namespace edgewise {

/// An OCI registry on a folder, serving HTTP as long as this object lives: `edgewise registry`, and one part of `edgewise up`.
class RegistryStation {
 public:
  /// Errors: kAlreadyExists (port taken), kInvalidArgument (address), as Files.
  static Result<std::unique_ptr<RegistryStation>> Start(const std::filesystem::path& folder, const std::string& address);
  const std::string& address() const { return http_->addresses().at(0); }

 private:
  explicit RegistryStation(const std::filesystem::path& folder);

  registry::DirectoryImageStore images_;
  registry::Server server_;
  net::Router routes_;
  std::unique_ptr<net::HttpServer> http_;  // last: its thread uses the others
};

}  // namespace edgewise
