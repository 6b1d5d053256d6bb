#include <algorithm>

#include "backend/checkerboard.hpp"
#include "backend/cuda.hpp"
#include "check.hpp"
#include "device_array.hpp"
#include "kadanoff/device.hpp"
#include "kadanoff/registry.hpp"
#include "thread_bodies.hpp"

namespace kadanoff {

namespace cuda {
namespace {

constexpr int block_size = 128;

/// One replica's share of a launch; blockIdx.y is the replica.
struct Launch {
    HalfSweep first;              ///< the job of replica 0
    std::int64_t replica_stride;  ///< words from one replica to the next
    const AcceptTable* tables;
};

template <class Lattice, class Rule, bool Symmetric>
__global__ void __launch_bounds__(block_size) update_kernel(Launch launch) {
    __shared__ AcceptTable table;
    constexpr int table_words = sizeof(AcceptTable) / sizeof(std::uint32_t);
    const auto* source = reinterpret_cast<const std::uint32_t*>(launch.tables + blockIdx.y);
    for (int i = threadIdx.x; i < table_words; i += block_size) reinterpret_cast<std::uint32_t*>(&table)[i] = source[i];
    __syncthreads();
    HalfSweep job = launch.first;
    job.own += blockIdx.y * launch.replica_stride;
    job.other += blockIdx.y * launch.replica_stride;
    job.table = &table;
    job.key.replica = blockIdx.y;
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * block_size + threadIdx.x;
    if (index < unit_count<WordOps>(job.layout)) update_thread<Lattice, Rule, Symmetric>(job, index);
}

template <class Lattice>
__global__ void measure_kernel(CheckerboardLayout layout, const std::uint32_t* words, std::int64_t replica_stride,
                               SpinSums* sums, std::int64_t sums_stride) {
    const std::uint32_t* even = words + blockIdx.y * replica_stride + layout.margin;
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * block_size + threadIdx.x;
    SpinSums part;
    if (index < unit_count<WordOps>(layout)) {
        part = measure_thread<Lattice>(layout, even, even + layout.storage_words(), index);
    }
    for (int offset = 16; offset > 0; offset /= 2) {
        part.unequal_bonds += __shfl_down_sync(0xFFFFFFFFu, part.unequal_bonds, offset);
        part.up_spins += __shfl_down_sync(0xFFFFFFFFu, part.up_spins, offset);
    }
    if (threadIdx.x % 32 != 0) return;
    auto* out = reinterpret_cast<unsigned long long*>(sums + blockIdx.y * sums_stride);
    atomicAdd(out, static_cast<unsigned long long>(part.unequal_bonds));
    atomicAdd(out + 1, static_cast<unsigned long long>(part.up_spins));
}

__global__ void write_kernel(CheckerboardLayout layout, std::uint32_t* words, std::int64_t replica_stride,
                             const std::uint32_t* packed, std::int64_t packed_words) {
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * block_size + threadIdx.x;
    if (index >= packed_words) return;
    write_thread(layout, words + blockIdx.y * replica_stride, index, packed[blockIdx.y * packed_words + index]);
}

__global__ void read_kernel(CheckerboardLayout layout, const std::uint32_t* words, std::int64_t replica_stride,
                            std::uint32_t* packed, std::int64_t packed_words) {
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * block_size + threadIdx.x;
    if (index >= packed_words) return;
    packed[blockIdx.y * packed_words + index] = words[blockIdx.y * replica_stride + storage_offset(layout, index)];
}

__global__ void unpack_kernel(CheckerboardLayout layout, const std::uint32_t* words, std::int64_t replica_stride,
                              std::int64_t packed_words, std::int8_t* spins, std::int64_t sites) {
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * block_size + threadIdx.x;
    if (index >= packed_words) return;
    unpack_thread(layout, words + blockIdx.y * replica_stride, index, spins + blockIdx.y * sites);
}

class CudaCheckerboard final : public CheckerboardBackend {
public:
    explicit CudaCheckerboard(const CheckerboardPlan& plan)
        : plan_(plan),
          layout_(make_checkerboard_layout(plan.planes, plan.rows, plan.columns, host_masks_)),
          replicas_(static_cast<std::int64_t>(plan.tables.size())),
          packed_words_(2 * layout_.planes * layout_.row_block()),
          masks_(host_masks_),
          tables_(plan.tables),
          words_(static_cast<std::size_t>(2 * replicas_ * layout_.storage_words())) {
        layout_.masks = masks_.data();
        choose_kernels();
    }

    void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, SpinSums* sums) override {
        DeviceArray<SpinSums> device_sums(static_cast<std::size_t>(sums == nullptr ? 1 : replicas_ * draws));
        for (std::int64_t draw = 0; draw < draws; ++draw) {
            for (std::int64_t s = 0; s < every; ++s, ++sweep) {
                for (std::uint32_t colour = 0; colour < 2; ++colour) update(sweep, colour);
            }
            if (sums != nullptr) measure_into(device_sums.data() + draw, draws);
        }
        check(cudaDeviceSynchronize(), "the sweeps");
        if (sums != nullptr) device_sums.download(sums, device_sums.size());
    }

    void measure(SpinSums* sums) override {
        DeviceArray<SpinSums> device_sums(static_cast<std::size_t>(replicas_));
        measure_into(device_sums.data(), 1);
        device_sums.download(sums, device_sums.size());
    }

    void set_tables(const KernelChoice& choice, std::vector<AcceptTable> tables) override {
        plan_.choice = choice;
        plan_.tables = std::move(tables);
        tables_.upload(plan_.tables.data(), plan_.tables.size());
        choose_kernels();
    }

    void read(std::uint32_t* words) const override {
        DeviceArray<std::uint32_t> packed(static_cast<std::size_t>(replicas_ * packed_words_));
        read_kernel<<<grid(packed_words_), block_size>>>(layout_, words_.data(), replica_stride(), packed.data(),
                                                         packed_words_);
        check_launch("read_kernel");
        packed.download(words, packed.size());
    }

    void write(const std::uint32_t* words) override {
        DeviceArray<std::uint32_t> packed(static_cast<std::size_t>(replicas_ * packed_words_));
        packed.upload(words, packed.size());
        write_kernel<<<grid(packed_words_), block_size>>>(layout_, words_.data(), replica_stride(), packed.data(),
                                                          packed_words_);
        check_launch("write_kernel");
        check(cudaDeviceSynchronize(), "write_kernel");
    }

    void unpack(std::int8_t* spins) const override {
        const std::int64_t sites = layout_.planes * layout_.rows * layout_.row_sites * 2;
        cudaPointerAttributes attributes{};
        check(cudaPointerGetAttributes(&attributes, spins), "cudaPointerGetAttributes");
        const bool on_device = attributes.type == cudaMemoryTypeDevice || attributes.type == cudaMemoryTypeManaged;
        const auto size = static_cast<std::size_t>(replicas_ * sites);
        DeviceArray<std::int8_t> buffer(on_device ? 1 : size);
        unpack_kernel<<<grid(packed_words_), block_size>>>(layout_, words_.data(), replica_stride(), packed_words_,
                                                           on_device ? spins : buffer.data(), sites);
        check_launch("unpack_kernel");
        if (!on_device) buffer.download(spins, size);
        check(cudaDeviceSynchronize(), "unpack_kernel");
    }

    std::string kernel() const override { return "checkerboard-cuda"; }

private:
    std::int64_t replica_stride() const { return 2 * layout_.storage_words(); }

    void choose_kernels() {
        visit_type(Lattices{}, plan_.choice.lattice, [&](auto lattice) {
            using Lattice = typename decltype(lattice)::type;
            measure_ = measure_kernel<Lattice>;
            visit_type(Rules{}, plan_.choice.rule, [&](auto rule) {
                using Rule = typename decltype(rule)::type;
                update_ =
                    plan_.choice.symmetric ? update_kernel<Lattice, Rule, true> : update_kernel<Lattice, Rule, false>;
            });
        });
    }

    dim3 grid(std::int64_t threads) const {
        return {static_cast<unsigned>((threads + block_size - 1) / block_size), static_cast<unsigned>(replicas_)};
    }

    void update(std::uint64_t sweep, std::uint32_t colour) {
        std::uint32_t* even = words_.data() + layout_.margin;
        std::uint32_t* odd = even + layout_.storage_words();
        const Launch launch{{layout_,
                             colour == 0 ? even : odd,
                             colour == 0 ? odd : even,
                             nullptr,
                             {plan_.seed, sweep, 0, plan_.stream, colour}},
                            replica_stride(),
                            tables_.data()};
        update_<<<grid(unit_count<WordOps>(layout_)), block_size>>>(launch);
        check_launch("update_kernel");
    }

    void measure_into(SpinSums* sums, std::int64_t stride) {
        measure_<<<grid(unit_count<WordOps>(layout_)), block_size>>>(layout_, words_.data(), replica_stride(), sums,
                                                                     stride);
        check_launch("measure_kernel");
    }

    CheckerboardPlan plan_;
    std::vector<std::uint32_t> host_masks_;
    CheckerboardLayout layout_;
    std::int64_t replicas_;
    std::int64_t packed_words_;
    DeviceArray<std::uint32_t> masks_;
    DeviceArray<AcceptTable> tables_;
    DeviceArray<std::uint32_t> words_;
    void (*update_)(Launch) = nullptr;
    void (*measure_)(CheckerboardLayout, const std::uint32_t*, std::int64_t, SpinSums*, std::int64_t) = nullptr;
};

}  // namespace
}  // namespace cuda

bool built_with_cuda() noexcept { return true; }

std::string cuda_device_name() {
    cudaDeviceProp properties{};
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) return {};
    return cudaGetDeviceProperties(&properties, 0) == cudaSuccess ? properties.name : "";
}

void require_cuda(const std::string& call) {
    if (cuda_device_name().empty()) {
        throw Unavailable("[" + call + "] expected a CUDA device for device 'cuda', got none that the driver can see");
    }
}

std::unique_ptr<CheckerboardBackend> make_cuda_checkerboard(const CheckerboardPlan& plan) {
    require_cuda("Sampler");
    constexpr std::size_t max_grid_rows = 65535;
    if (plan.tables.size() > max_grid_rows) {
        throw InvalidArgument("[Sampler] expected at most 65535 replicas on device 'cuda', got " +
                              std::to_string(plan.tables.size()));
    }
    return std::make_unique<cuda::CudaCheckerboard>(plan);
}

}  // namespace kadanoff
