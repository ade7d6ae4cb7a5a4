#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "site/asking.h"

namespace edgewise::site {

/// Asks all of it at once and waits until everything is answered, the deadline has passed, or `stop` is asked for. An answer that did not
/// come is nullopt: whether its question was taken is unknown. Any thread but the site's HTTP thread.
inline std::vector<std::optional<net::HttpResponse>> AskAll(const Ask& ask, std::vector<Question> questions, Deadline deadline,
                                                            const std::stop_token& stop) {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::vector<std::optional<net::HttpResponse>> answers;
    std::size_t left = 0;
  };
  const auto waiting = std::make_shared<Waiting>();  // shared with answers that come when nobody waits any more
  waiting->answers.resize(questions.size());
  waiting->left = questions.size();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    ask(std::move(questions[i]), [waiting, i](net::HttpResponse answer) {
      const std::lock_guard lock(waiting->mutex);
      if (waiting->answers[i]) return;
      waiting->answers[i] = std::move(answer);
      --waiting->left;
      waiting->changed.notify_all();
    });
  }
  std::unique_lock lock(waiting->mutex);
  waiting->changed.wait_for(lock, stop, deadline.Left(), [&] { return waiting->left == 0; });
  return waiting->answers;
}

}  // namespace edgewise::site
