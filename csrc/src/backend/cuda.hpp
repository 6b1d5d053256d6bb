#pragma once

#include <string>

namespace kadanoff {

/// Throws Unavailable, in the name of `call`, where CUDA is missing from the build or the machine.
void require_cuda(const std::string& call);

}  // namespace kadanoff
