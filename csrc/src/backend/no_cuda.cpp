#include "backend/checkerboard.hpp"
#include "kadanoff/device.hpp"
#include "kadanoff/error.hpp"

namespace kadanoff {

bool built_with_cuda() noexcept { return false; }

std::string cuda_device_name() { return {}; }

std::unique_ptr<CheckerboardBackend> make_cuda_checkerboard(const CheckerboardPlan&) {
    throw Unavailable(
        "[Sampler] expected a build with CUDA for device 'cuda', got one without: install the CUDA toolkit, then "
        "pip install --no-binary kadanoff -C cmake.define.KADANOFF_CUDA=ON 'kadanoff[cuda]'");
}

}  // namespace kadanoff
