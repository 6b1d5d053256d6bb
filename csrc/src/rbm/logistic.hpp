#pragma once

#include "kadanoff/update/rbm_job.hpp"

namespace kadanoff {

/// How far |d| 2048 / ln 2 may lie below and above the integer y that a kernel makes of a sum; besides a relative
/// error of 6e-5.
struct DriveError {
    double below, above;
};
/// Two roundings down, and a factor rounded to 16 bits.
inline constexpr DriveError fixed16_error{0.3, 1.3};
/// One rounding to nearest.
inline constexpr DriveError float32_error{0.6, 0.6};

/// Lower bounds of the first bits of a threshold, and windows that hold them, for any y with this error. They decide
/// nothing but how often the exact threshold is asked for.
RbmLogistic make_rbm_logistic(DriveError error);

}  // namespace kadanoff
