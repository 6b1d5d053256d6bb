#include <memory>

#include "backend/cuda.hpp"
#include "backend/rbm.hpp"
#include "cuda_device.hpp"
#include "rbm_device.hpp"

// Compiled with --fmad=false: see update/probability.hpp.

namespace kadanoff {

namespace cuda {
namespace {

/// One thread of a block.
template <class Own>
struct BlockThread {
    RbmBlockMemory* memory;
    Own own;

    template <class Step>
    __device__ __forceinline__ void each(Step step) {
        step(static_cast<int>(threadIdx.x), own);
    }
    __device__ __forceinline__ void meet() { __syncthreads(); }

    /// Adds the product of 16 x 32 and 32 x 8 signed bytes that the lanes of a warp hold parts of.
    template <class Sum, class Left, class Right>
    __device__ __forceinline__ void multiply(Sum sum_of, Left left_of, Right right_of) {
        std::int32_t* sum = sum_of(own);
        const std::uint32_t* left = left_of(own);
        const std::uint32_t* right = right_of(own);
        asm volatile(
            "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
            "{%0, %1, %2, %3};"
            : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
            : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1]));
    }
};

template <class Body>
__global__ void __launch_bounds__(rbm_block_threads) run_blocks(Body body) {
    __shared__ RbmBlockMemory memory;
    BlockThread<typename Body::Own> team{&memory, {}};
    body(team, blockIdx.x * rbm_block_chains, blockIdx.y * rbm_block_units);
}

struct CudaBlocks : CudaDevice {
    template <class Body>
    static void launch_blocks(const char* what, const Body& body) {
        const dim3 grid(static_cast<unsigned>(body.job.chains / rbm_block_chains),
                        static_cast<unsigned>(body.job.units / rbm_block_units));
        run_blocks<<<grid, rbm_block_threads>>>(body);
        check_launch(what);
    }
};

}  // namespace
}  // namespace cuda

std::unique_ptr<RbmBackend> make_cuda_rbm(const RbmPlan& plan) {
    require_cuda("GibbsSampler");
    return std::make_unique<cuda::DeviceRbm<cuda::CudaBlocks>>(plan);
}

}  // namespace kadanoff
