#pragma once

#include <span>

#include "score/job.h"
#include "score/model_repository.h"

namespace edgewise::score {

/// Has the shadow of `choice`, if there is one, score the rows of an answered request, and counts how its answer differs
/// (Statistics::shadow of the shadow). To be called in Job::Done(), when the answer has been sent: `job` and `outputs` are copied.
/// It never fails and never waits: with 64 copies waiting, or no room for another, the rows are only counted as shed, before anything is
/// copied. They run on a thread of lowest priority. A failed request is not compared. Threads: any number.
void Shadow(const ModelRepository::Choice& choice, const Job& job, const Result<std::span<const TensorView>>& outputs);

}  // namespace edgewise::score
