#include "backend/checkerboard.hpp"
#include "backend/cuda.hpp"
#include "backend/packed.hpp"
#include "kadanoff/device.hpp"
#include "kadanoff/error.hpp"

namespace kadanoff {

bool built_with_cuda() noexcept { return false; }

std::string cuda_device_name() { return {}; }

void require_cuda() {
    throw Unavailable(
        "[Sampler] expected a build with CUDA for device 'cuda', got one without: install the CUDA toolkit, then "
        "pip install --no-binary kadanoff -C cmake.define.KADANOFF_CUDA=ON 'kadanoff[cuda]'");
}

std::unique_ptr<CheckerboardBackend> make_cuda_checkerboard(const CheckerboardPlan&) {
    require_cuda();
    return nullptr;
}

std::unique_ptr<PackedBackend> make_cuda_packed(const PackedPlan&) {
    require_cuda();
    return nullptr;
}

}  // namespace kadanoff
