#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/http_view.h"
#include "score/detail/rest_call.h"
#include "score/detail/rest_errands.h"
#include "score/model_repository.h"

namespace edgewise::score::detail {

/// What a score server answers over HTTP (docs/formats/scoring.md): the routes of rest_routes.h over a repository of models.
/// Lifecycle: borrows the repository; the destructor waits for models that are being loaded for a request.
/// Threads: Handle() on the thread whose index it gets, any number of these.
class RestServer {
 public:
  struct Options {
    std::size_t threads = 1;
    std::chrono::milliseconds score_limit = std::chrono::seconds(10);  ///< A request that takes longer is answered 504.
    std::size_t max_body = 64u << 20;                                  ///< Of a body that came compressed, when it is unpacked: else 413.
    std::size_t encode_from = 1024;                                    ///< Bytes from which an answer is compressed for who takes it.
    std::string sticky_header = "X-Sticky-Key";                        ///< Requests with equal values get the same version.
    bool triton_metrics = false;                                       ///< nv_inference_* beside our own names.
  };

  RestServer(ModelRepository& repository, Options options);
  ~RestServer();
  void Handle(const net::RequestView& request, net::ResponseWriter& response, std::size_t thread);

 private:
  void Serve(RestCall& call);
  /// What the answer owes to the request.
  void Address(RestCall& call);
  /// False: the body cannot be unpacked, and that was answered.
  bool Unpack(RestCall& call);
  void Act(RestCall& call);
  /// Finds the version that the path names, into the exchange. False: it is not there, and the answer was given or follows.
  bool Find(RestCall& call);
  void Warm(RestCall& call);

  void Infer(RestCall& call);
  void Score(RestCall& call);
  void Predict(RestCall& call);

  void DescribeServer(RestCall& call);
  void Live(RestCall& call);
  void Ready(RestCall& call);
  void ListModels(RestCall& call);
  void DescribeModel(RestCall& call);
  void ModelReady(RestCall& call);
  void ModelStatistics(RestCall& call);
  void AllStatistics(RestCall& call);
  void Metrics(RestCall& call);
  void Index(RestCall& call);
  void LoadOrUnload(RestCall& call);
  std::vector<std::shared_ptr<ModelVersion>> Loaded(std::string_view model, std::string_view number);

  ModelRepository& repository_;
  const Options options_;
  std::vector<std::unique_ptr<RestScratch>> scratch_;  ///< By thread.
  std::string openapi_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t warming_ = 0;  ///< Guarded by mutex_.
  RestErrands errands_{64};  ///< Last: it uses the others.
};

}  // namespace edgewise::score::detail
