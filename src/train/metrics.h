#pragma once

#include <span>
#include <vector>

#include "train/model.h"

namespace edgewise::train {

/// Area under the ROC curve; equal scores count half. 0.5 when one of the two labels is missing.
double Auc(std::span<const double> scores, std::span<const float> labels);

/// Loss of one row, natural logarithm; the score is kept 1e-7 away from 0 and 1.
double LogLossOf(double score, float label);

/// Mean of LogLossOf; 0 without rows.
double LogLoss(std::span<const double> scores, std::span<const float> labels);

Metrics Measure(std::span<const double> scores, std::span<const float> labels);

}  // namespace edgewise::train
