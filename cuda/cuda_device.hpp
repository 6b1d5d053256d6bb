#pragma once

#include <cstdint>

#include "check.hpp"
#include "device_array.hpp"

namespace kadanoff::cuda {

template <class Body>
__global__ void __launch_bounds__(128) run_threads(Body body, std::int64_t threads) {
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (index < threads) body(index);
}

/// What the device-independent backends ask of a device.
struct CudaDevice {
    static constexpr const char* name = "cuda";

    template <class T>
    using Array = DeviceArray<T>;

    template <class Body>
    static void launch(const char* what, const Body& body) {
        constexpr int block_size = 128;
        const std::int64_t threads = body.threads();
        if (threads == 0) return;
        run_threads<<<static_cast<unsigned>((threads + block_size - 1) / block_size), block_size>>>(body, threads);
        check_launch(what);
    }

    static void wait() { check(cudaDeviceSynchronize(), "the kernels launched before"); }

    /// Whether a pointer is to memory that a kernel can write.
    static bool owns(const void* pointer) {
        cudaPointerAttributes attributes{};
        check(cudaPointerGetAttributes(&attributes, pointer), "cudaPointerGetAttributes");
        return attributes.type == cudaMemoryTypeDevice || attributes.type == cudaMemoryTypeManaged;
    }
};

}  // namespace kadanoff::cuda
