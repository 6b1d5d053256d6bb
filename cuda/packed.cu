#include <memory>

#include "backend/cuda.hpp"
#include "backend/packed.hpp"
#include "check.hpp"
#include "device_array.hpp"
#include "packed_device.hpp"

namespace kadanoff {

namespace cuda {
namespace {

constexpr int block_size = 128;

template <class Body>
__global__ void __launch_bounds__(block_size) run_threads(Body body, std::int64_t threads) {
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * block_size + threadIdx.x;
    if (index < threads) body(index);
}

struct CudaDevice {
    static constexpr const char* name = "cuda";

    template <class T>
    using Array = DeviceArray<T>;

    template <class Body>
    static void launch(const char* what, const Body& body) {
        const std::int64_t threads = body.threads();
        if (threads == 0) return;
        run_threads<<<static_cast<unsigned>((threads + block_size - 1) / block_size), block_size>>>(body, threads);
        check_launch(what);
    }

    static void wait() { check(cudaDeviceSynchronize(), "the replica-packed kernel"); }

    /// Whether a pointer is to memory that a kernel can write.
    static bool owns(const void* pointer) {
        cudaPointerAttributes attributes{};
        check(cudaPointerGetAttributes(&attributes, pointer), "cudaPointerGetAttributes");
        return attributes.type == cudaMemoryTypeDevice || attributes.type == cudaMemoryTypeManaged;
    }
};

}  // namespace
}  // namespace cuda

std::unique_ptr<PackedBackend> make_cuda_packed(const PackedPlan& plan) {
    require_cuda();
    return std::make_unique<cuda::DevicePacked<cuda::CudaDevice>>(plan);
}

}  // namespace kadanoff
