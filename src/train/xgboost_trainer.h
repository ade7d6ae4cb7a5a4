#pragma once

#include <memory>

#include "train/trainer.h"

namespace edgewise::train {

struct XgboostOptions {
  int threads = 2;  ///< 1 or 2; the bytes are the same.
};

/// XGBoost in process, histogram method, logistic objective. XGBoost 1.7 to 3.x.
/// Memory: about one byte a value over the data (it is quantised as it is read), 25 bytes a row, plus the trees.
/// Start the process with OMP_WAIT_POLICY=passive: it is read when the library is loaded, and without it two threads spin on shared cores.
std::unique_ptr<Trainer> MakeXgboostTrainer(const XgboostOptions& options = {});

}  // namespace edgewise::train
