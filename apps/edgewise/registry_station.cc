#include "registry_station.h"

#include "base/files.h"

namespace edgewise {

RegistryStation::RegistryStation(const std::filesystem::path& folder) : images_(folder, SystemFiles()), server_(images_) {
  server_.AddRoutes(routes_);
}

Result<std::unique_ptr<RegistryStation>> RegistryStation::Start(const std::filesystem::path& folder, const std::string& address) {
  std::unique_ptr<RegistryStation> station(new RegistryStation(folder));  // the constructor is private
  EDGEWISE_ASSIGN(station->http_, net::HttpServer::Start({{address}}, station->routes_, {}));
  return station;
}

}  // namespace edgewise
