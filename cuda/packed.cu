#include <memory>

#include "backend/cuda.hpp"
#include "backend/packed.hpp"
#include "cuda_device.hpp"
#include "packed_device.hpp"

namespace kadanoff {

std::unique_ptr<PackedBackend> make_cuda_packed(const PackedPlan& plan) {
    require_cuda("Sampler");
    return std::make_unique<cuda::DevicePacked<cuda::CudaDevice>>(plan);
}

}  // namespace kadanoff
