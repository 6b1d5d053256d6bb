#include "backend/checkerboard.hpp"
#include "backend/cuda.hpp"
#include "backend/packed.hpp"
#include "backend/rbm.hpp"
#include "kadanoff/device.hpp"
#include "kadanoff/error.hpp"

namespace kadanoff {

bool built_with_cuda() noexcept { return false; }

std::string cuda_device_name() { return {}; }

void require_cuda(const std::string& call) {
    throw Unavailable("[" + call +
                      "] expected a build with CUDA for device 'cuda', got one without: install the CUDA toolkit, then "
                      "pip install --no-binary kadanoff -C cmake.define.KADANOFF_CUDA=ON 'kadanoff[cuda]'");
}

std::unique_ptr<CheckerboardBackend> make_cuda_checkerboard(const CheckerboardPlan&) {
    require_cuda("Sampler");
    return nullptr;
}

std::unique_ptr<PackedBackend> make_cuda_packed(const PackedPlan&) {
    require_cuda("Sampler");
    return nullptr;
}

std::unique_ptr<RbmBackend> make_cuda_rbm(const RbmPlan&) {
    require_cuda("GibbsSampler");
    return nullptr;
}

}  // namespace kadanoff
