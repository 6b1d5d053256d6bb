#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/checkerboard.hpp"
#include "backend/cuda.hpp"
#include "backend/packed.hpp"
#include "check.hpp"
#include "cuda/rbm_device.hpp"
#include "host_device.hpp"
#include "kadanoff/error.hpp"
#include "rbm_machines.hpp"

// The kernels of Gibbs chains as a GPU runs them, on a device that the CPU plays: this program is its own CUDA backend,
// so that GibbsSampler's device "cuda" is the same memory, launches and thread bodies, and is compared with the CPU's
// kernels bit by bit.

namespace {

using kadanoff::Device;
using kadanoff::GibbsOptions;
using kadanoff::GibbsSampler;
using kadanoff::InvalidArgument;
using kadanoff::Precision;
using kadanoff::Rbm;
using kadanoff::Units;
using kadanoff::cuda::rbm_block_threads;

constexpr std::int64_t first_step = (std::int64_t{1} << 33) + 5;

/// All threads of a block in turn, last to first; products of a warp as the PTX manual lays them out (mma.m16n8k32).
template <class Own>
struct HostTeam {
    kadanoff::cuda::RbmBlockMemory* memory;
    std::vector<Own> own = std::vector<Own>(rbm_block_threads);

    template <class Step>
    void each(Step step) {
        for (int t = rbm_block_threads - 1; t >= 0; --t) step(t, own[static_cast<std::size_t>(t)]);
    }
    void meet() {}

    template <class Sum, class Left, class Right>
    void multiply(Sum sum_of, Left left_of, Right right_of) {
        for (std::size_t warp = 0; warp < own.size(); warp += 32) {
            std::int8_t left[16][32], right[32][8];
            for (std::size_t lane = 0; lane < 32; ++lane) {
                const std::size_t group = lane / 4, place = lane % 4 * 4;
                for (std::size_t byte = 0; byte < 16; ++byte) {
                    left[group + byte / 4 % 2 * 8][place + byte % 4 + byte / 8 * 16] =
                        byte_of(left_of(own[warp + lane]), byte);
                }
                for (std::size_t byte = 0; byte < 8; ++byte) {
                    right[place + byte % 4 + byte / 4 * 16][group] = byte_of(right_of(own[warp + lane]), byte);
                }
            }
            for (std::size_t lane = 0; lane < 32; ++lane) {
                for (std::size_t i = 0; i < 4; ++i) {
                    std::int32_t& sum = sum_of(own[warp + lane])[i];
                    for (std::size_t k = 0; k < 32; ++k) {
                        sum += left[lane / 4 + i / 2 * 8][k] * right[k][lane % 4 * 2 + i % 2];
                    }
                }
            }
        }
    }
    static std::int8_t byte_of(const std::uint32_t* words, std::size_t byte) {
        return static_cast<std::int8_t>(words[byte / 4] >> (8 * (byte % 4)) & 0xFFu);
    }
};

struct HostBlocks : HostDevice {
    template <class Body>
    static void launch_blocks(const char* what, const Body& body) {
        using kadanoff::cuda::rbm_block_chains;
        using kadanoff::cuda::rbm_block_units;
        const std::int64_t columns = body.job.chains / rbm_block_chains;
        const int first = first_working(what);
        for (std::int64_t b = columns * (body.job.units / rbm_block_units) - 1; b >= first; --b) {
            kadanoff::cuda::RbmBlockMemory memory;
            for (float& number : memory.number) number = 1e30f;
            HostTeam<typename Body::Own> team{&memory};
            body(team, b % columns * rbm_block_chains, b / columns * rbm_block_units);
        }
    }
};

struct Case {
    Rbm rbm;
    std::int64_t chains;
    Precision precision;
    std::vector<double> beta = betas(chains);

    GibbsSampler sampler(Device device) const {
        GibbsOptions options;
        options.chains = chains;
        options.beta = beta;
        options.seed = 0x123456789ABCDEFu;
        options.precision = precision;
        options.device = device;
        options.threads = 1;
        GibbsSampler result(rbm, options);
        result.set_step(first_step);
        return result;
    }
};

bool same_states(const GibbsSampler& a, const GibbsSampler& b) {
    std::vector<double> weights[2];
    for (const auto& [sampler, out] : {std::pair(&a, &weights[0]), std::pair(&b, &weights[1])}) {
        out->resize(static_cast<std::size_t>(a.options().chains));
        sampler->log_weight({0.5}, out->data());
    }
    return CHECK(weights[0] == weights[1]) && CHECK_EQUAL(differences(visible_of(a), visible_of(b)), 0) &&
           CHECK_EQUAL(differences(hidden_of(a), hidden_of(b)), 0);
}

/// Runs on both devices, with changes of all kinds in between.
bool stays_equal(const Case& one) {
    GibbsSampler cpu = one.sampler(Device::cpu), device = one.sampler(Device::cuda);
    if (!same_states(cpu, device)) return false;
    Bytes mask(static_cast<std::size_t>(one.chains * one.rbm.visible)), state = mask;
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % 3 == 0;
    for (std::size_t i = 0; i < state.size(); ++i) state[i] = i % 7 < 3;
    for (GibbsSampler* sampler : {&cpu, &device}) sampler->run(2);
    if (!same_states(cpu, device)) return false;
    for (GibbsSampler* sampler : {&cpu, &device}) {
        sampler->set_visible(state.data());
        sampler->set_clamped(mask.data());
        sampler->run(1);
    }
    if (!same_states(cpu, device)) return false;
    Rbm other = one.rbm;
    for (float& weight : other.weights) weight *= 0.5f;
    for (GibbsSampler* sampler : {&cpu, &device}) {
        sampler->set_clamped(nullptr);
        sampler->set_rbm(other);
        sampler->set_beta({0.75});
        sampler->run(1);
        sampler->draw_hidden();
    }
    if (!same_states(cpu, device)) return false;
    for (GibbsSampler* sampler : {&cpu, &device}) sampler->draw_visible();
    return same_states(cpu, device);
}

constexpr Precision precisions[] = {Precision::float32, Precision::fixed16};

void compare(const Rbm& rbm, std::int64_t chains, Precision precision) {
    if (stays_equal({rbm, chains, precision})) return;
    std::printf("%d x %d, %d chains, %s\n", static_cast<int>(rbm.visible), static_cast<int>(rbm.hidden),
                static_cast<int>(chains), precision == Precision::fixed16 ? "fixed16" : "float32");
}

}  // namespace

namespace kadanoff {

bool built_with_cuda() noexcept { return true; }
std::string cuda_device_name() { return "the CPU"; }
void require_cuda(const std::string&) {}
std::unique_ptr<CheckerboardBackend> make_cuda_checkerboard(const CheckerboardPlan&) { return nullptr; }
std::unique_ptr<PackedBackend> make_cuda_packed(const PackedPlan&) { return nullptr; }
std::unique_ptr<RbmBackend> make_cuda_rbm(const RbmPlan& plan) {
    return std::make_unique<cuda::DeviceRbm<HostBlocks>>(plan);
}

}  // namespace kadanoff

TEST_CASE(cuda_bodies_of_chains_equal_the_kernels) {
    for (const Precision precision : precisions) {
        compare(machine(1, 1, 1.0), 1, precision);
        compare(machine(20, 40, 0.8), 33, precision);
        compare(machine(33, 5, 20.0), 130, precision);
        compare(machine(64, 64, 3.0), 256, precision);
        compare(machine(200, 130, 0.2), 70, precision);
        compare(machine(7, 98, 1.0), 1060, precision);
        compare(machine(100, 400, 0.2), 1030, precision);
    }
}

TEST_CASE(cuda_bodies_of_spins_and_extreme_weights_equal_the_kernels) {
    for (const Precision precision : precisions) {
        for (const Units hidden : {Units::binary, Units::spin}) {
            Rbm rbm = machine(30, 21, 0.3);
            rbm.visible_units = Units::spin;
            rbm.hidden_units = hidden;
            compare(rbm, 40, precision);
        }
        compare(machine(12, 13, 0.0), 40, precision);
    }
    for (const double size : {1e30, 1e-30}) compare(machine(33, 40, size), 70, Precision::float32);
    for (const double size : {1e-6, 20.0}) compare(machine(33, 40, size), 70, Precision::fixed16);
}

/// The comparison sees a single block that does nothing.
TEST_CASE(a_missing_block_is_seen) {
    for (const Precision precision : precisions) {
        const Case one{machine(40, 70, 0.3), 200, precision};
        GibbsSampler cpu = one.sampler(Device::cpu), device = one.sampler(Device::cuda);
        HostDevice::damage(precision == Precision::fixed16 ? "DrawFixed16" : "DrawFloat32");
        cpu.run(1);
        device.run(1);
        CHECK(differences(hidden_of(cpu), hidden_of(device)) > 0);
    }
}

TEST_CASE(states_go_to_the_memory_of_the_device) {
    const Case one{machine(37, 21, 0.3), 45, Precision::fixed16};
    GibbsSampler cpu = one.sampler(Device::cpu), device = one.sampler(Device::cuda);
    cpu.run(1);
    device.run(1);
    HostDevice::owns_all = true;
    same_states(cpu, device);
    HostDevice::owns_all = false;
    CHECK_EQUAL(device.kernel(), "rbm-host");
    const Bytes before = hidden_of(device), bad(before.size(), 2);
    CHECK_THROWS(InvalidArgument, "[hidden] expected values 0 and 1, got 2", device.set_hidden(bad.data()));
    CHECK_EQUAL(differences(hidden_of(device), before), 0);
}

/// The rounding errors that the window of RbmUnitDraw allows for; the function 2^-y of a GPU adds 0.02.
TEST_CASE(the_quick_decision_knows_its_error) {
    double worst = 0.0;
    for (int i = 0; i < 200000; ++i) {
        const kadanoff::DrawKey key{5, 0, 0, kadanoff::Stream::initial_spins, 0};
        const auto block = kadanoff::draw<kadanoff::WordOps>(key, static_cast<std::uint32_t>(i), 0);
        const double slope = 0.01 + block.word[0] * 0x1p-32;
        const auto sum = static_cast<float>(20.0 / slope * (block.word[1] * 0x1p-32 - 0.5));
        const kadanoff::cuda::RbmUnitDraw draw(slope);
        const double e = std::exp(-slope * std::fabs(static_cast<double>(sum)));
        const double v = std::floor(65536.0 * e / (1.0 + e)) + static_cast<double>(i % 3 - 1);
        const float got = kadanoff::cuda::RbmUnitDraw::excess(static_cast<float>(v), draw.weight(sum));
        worst = std::max(worst, std::fabs(static_cast<double>(got) - (v * (1.0 + e) - 65536.0 * e)));
    }
    CHECK(worst < 0.06);
    CHECK(worst > 0.001);
}
