#pragma once

namespace kadanoff {

/// Throws Unavailable where CUDA is missing from the build or the machine.
void require_cuda();

}  // namespace kadanoff
