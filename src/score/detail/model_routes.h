#pragma once

#include <simdjson.h>

#include <map>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "net/http.h"
#include "score/served_model.h"

namespace edgewise::score::detail {

/// What each path of a score server does. Threads: the server's one.
class ModelRoutes {
 public:
  ModelRoutes(std::vector<ServedModel> models, std::chrono::milliseconds limit, Metrics& metrics);
  void AddTo(net::Router& router);

 private:
  struct Entry {
    ServedModel model;
    prometheus::Counter& rows;
    prometheus::Counter& failed;
    prometheus::Histogram& seconds;
  };
  using Parameters = net::Router::Parameters;
  using Action = net::HttpResponse (ModelRoutes::*)(Entry&, const net::HttpRequest&);

  void AddServer(net::Router& router);
  /// The same path with and without a version.
  void AddModel(net::Router& router, std::string method, std::string_view suffix, Action action);
  Result<Entry*> Find(const Parameters& parameters);
  net::HttpResponse Ready(Entry& entry, const net::HttpRequest& request);
  net::HttpResponse Describe(Entry& entry, const net::HttpRequest& request);
  net::HttpResponse Infer(Entry& entry, const net::HttpRequest& request);
  net::HttpResponse ScorePlain(Entry& entry, const net::HttpRequest& request);
  Result<std::vector<float>> Score(Entry& entry, const std::vector<float>& rows);

  Metrics& metrics_;
  std::chrono::milliseconds limit_;
  std::map<std::string, Entry, std::less<>> entries_;
  simdjson::dom::parser parser_;  // kept: its buffers are used again
};

}  // namespace edgewise::score::detail
