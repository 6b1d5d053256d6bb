#include <pthread.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/sampler.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::InvalidArgument;
using kadanoff::Ising;
using kadanoff::Sampler;
using kadanoff::SamplerOptions;
using kadanoff::Square;
using kadanoff::Unavailable;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A small sampler whose options `change` has spoiled.
template <class Change>
Sampler make(Change change, const Ising& model = {}) {
    SamplerOptions options;
    change(options);
    return Sampler(Square{16, 16}, model, options);
}

Sampler make_with(const Ising& model) {
    return make([](SamplerOptions&) {}, model);
}

/// New threads get a stack of this size for the life of this object.
class StackSize {
public:
    explicit StackSize(std::size_t size) {
        pthread_getattr_default_np(&before_);
        pthread_attr_t huge;
        pthread_attr_init(&huge);
        pthread_attr_setstacksize(&huge, size);
        pthread_setattr_default_np(&huge);
        pthread_attr_destroy(&huge);
    }
    ~StackSize() {
        pthread_setattr_default_np(&before_);
        pthread_attr_destroy(&before_);
    }
    StackSize(const StackSize&) = delete;
    StackSize& operator=(const StackSize&) = delete;

private:
    pthread_attr_t before_{};
};

}  // namespace

TEST_CASE(kernels_that_do_not_serve_are_refused) {
    SamplerOptions options;
    options.kernel = "checkerboard";
    CHECK_THROWS(InvalidArgument, "expected a kernel that serves the model and the update, such as 'packed'",
                 Sampler(Square{4, 5}, Ising{}, options));
}

TEST_CASE(bad_models_are_refused) {
    CHECK_THROWS(InvalidArgument, "[Ising] expected a finite coupling of at most 1e12 in size, got nan",
                 make_with({not_a_number, 0.0}));
    CHECK_THROWS(InvalidArgument, "[Ising] expected a finite coupling", make_with({-1e13, 0.0}));
    CHECK_THROWS(InvalidArgument, "[Ising] expected a finite field of at most 1e12 in size, got inf",
                 make_with({1.0, infinity}));
}

TEST_CASE(bad_options_are_refused) {
    for (const double beta : {-1e-300, -1.0, not_a_number, infinity, 1e300}) {
        CHECK_THROWS(InvalidArgument, "[Sampler] expected beta in [0, 1e12], got",
                     make([&](SamplerOptions& options) { options.beta = {beta}; }));
    }
    CHECK_THROWS(InvalidArgument, "[Sampler] expected one beta or one per replica (3), got 2",
                 make([](SamplerOptions& options) {
                     options.replicas = 3;
                     options.beta = {0.1, 0.2};
                 }));
    CHECK_THROWS(InvalidArgument, "[Sampler] expected one beta or one per replica (1), got 0",
                 make([](SamplerOptions& options) { options.beta = {}; }));
    CHECK_THROWS(
        InvalidArgument,
        "[Sampler] expected update to be one of 'heatbath', 'metropolis', 'wolff', 'swendsen-wang', got 'glauber'",
        make([](SamplerOptions& options) { options.update = "glauber"; }));
    for (const std::int64_t replicas : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 32}) {
        CHECK_THROWS(InvalidArgument, "[Sampler] expected 1 to 2^31 replicas, got",
                     make([&](SamplerOptions& options) { options.replicas = replicas; }));
    }
    for (const int threads : {-1, 4097}) {
        CHECK_THROWS(InvalidArgument, "[Sampler] expected 1 to 4096 threads, got",
                     make([&](SamplerOptions& options) { options.threads = threads; }));
    }
    CHECK_THROWS(InvalidArgument, "[Sampler] expected spins that fit into memory, got",
                 make([](SamplerOptions& options) { options.replicas = std::int64_t{1} << 31; }));
}

TEST_CASE(bad_calls_change_nothing) {
    Sampler sampler = make([](SamplerOptions& options) { options.replicas = 2; });
    sampler.run(3);
    const std::uint64_t before = hash_of(sampler);
    double energy[2], magnetization[2];
    CHECK_THROWS(InvalidArgument, "[run] expected 0 to 2^40 sweeps in all, got -1", sampler.run(-1));
    CHECK_THROWS(InvalidArgument, "[run] expected 0 to 2^40 sweeps in all, got",
                 sampler.run(std::numeric_limits<std::int64_t>::max()));
    CHECK_THROWS(InvalidArgument, "[sample] expected every >= 1, got 0", sampler.sample(1, 0, energy, magnetization));
    CHECK_THROWS(InvalidArgument, "[sample] expected 0 to 2^40 sweeps in all, got draws=-1, every=1",
                 sampler.sample(-1, 1, energy, magnetization));
    constexpr std::int64_t million = std::int64_t{1} << 20;
    CHECK_THROWS(InvalidArgument, "[sample] expected 0 to 2^40 sweeps in all, got draws=1048576, every=1048576",
                 sampler.sample(million, million, energy, magnetization));
    CHECK_THROWS(InvalidArgument, "[Sampler] expected a sweep number in [0, 2^40], got -1", sampler.set_sweep(-1));
    std::vector<std::int8_t> spins(512, 1);
    spins[511] = 0;
    CHECK_THROWS(InvalidArgument, "[spins] expected values -1 and 1, got 0", sampler.set_spins(spins.data()));
    std::vector<std::uint32_t> words(static_cast<std::size_t>(sampler.packed_size()), 0);
    words.back() = 1u << 8;
    CHECK_THROWS(InvalidArgument, "[spins] expected padding bits of 0 in packed spins, got 1",
                 sampler.set_packed(words.data()));
    CHECK_EQUAL(hash_of(sampler), before);
    CHECK_EQUAL(sampler.sweep(), 3);
}

TEST_CASE(the_last_sweep_number_can_be_reached) {
    Sampler sampler = make([](SamplerOptions&) {});
    constexpr std::int64_t end = std::int64_t{1} << 40;
    sampler.set_sweep(end - 2);
    sampler.run(2);
    CHECK_EQUAL(sampler.sweep(), end);
    CHECK_THROWS(InvalidArgument, "[run] expected 0 to 2^40 sweeps in all, got 1", sampler.run(1));
}

TEST_CASE(unknown_instruction_sets_are_refused) {
    {
        const IsaSetting setting("sse9");
        CHECK_THROWS(InvalidArgument, "[KADANOFF_ISA] expected scalar, avx2 or avx512, got sse9",
                     make([](SamplerOptions&) {}));
    }
    if (kadanoff::available_isas().back() != kadanoff::Isa::avx512) {
        const IsaSetting setting("avx512");
        CHECK_THROWS(Unavailable, "[KADANOFF_ISA] expected an instruction set of this machine, got avx512",
                     kadanoff::active_isa());
    }
}

TEST_CASE(a_missing_cuda_device_is_an_error) {
    if (!kadanoff::cuda_device_name().empty()) return;
    const char* text = kadanoff::built_with_cuda() ? "[Sampler] expected a CUDA device for device 'cuda', got none"
                                                   : "[Sampler] expected a build with CUDA for device 'cuda'";
    CHECK_THROWS(Unavailable, text, make([](SamplerOptions& options) { options.device = kadanoff::Device::cuda; }));
}

TEST_CASE(threads_that_cannot_start_are_an_error) {
    Sampler sampler = make([](SamplerOptions& options) {
        options.replicas = 64;
        options.threads = 64;
        options.kernel = "checkerboard";
    });
    const std::uint64_t before = hash_of(sampler);
    std::vector<std::size_t> sizes{std::size_t{1} << 47};  // not one fits into the address space
#if !defined(KADANOFF_EMULATED)
    sizes.push_back(std::size_t{1} << 44);  // some do, and must be stopped; an emulator maps them page by page
#endif
    for (const std::size_t size : sizes) {
        const StackSize setting(size);
        CHECK_THROWS(Unavailable, "[Sampler] expected to start ", sampler.run(5));
    }
    CHECK_EQUAL(hash_of(sampler), before);
    CHECK_EQUAL(sampler.sweep(), 0);
    CHECK(sampler.run(5));
}
