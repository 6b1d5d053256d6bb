#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "backend/checkerboard.hpp"
#include "check.hpp"
#include "colours.hpp"
#include "cuda/thread_bodies.hpp"
#include "kadanoff/registry.hpp"

// The bodies that CUDA threads run, run here one index after the other and compared with the CPU engine bit by bit.

namespace {

using kadanoff::CheckerboardLayout;
using kadanoff::CheckerboardPlan;
using kadanoff::SpinSums;

constexpr std::uint64_t first_sweep = (std::uint64_t{1} << 33) + 5;

/// A GPU's memory and launches, on the CPU.
template <class Lattice, class Rule, bool Symmetric>
class FakeDevice {
public:
    explicit FakeDevice(const CheckerboardPlan& plan)
        : plan_(plan),
          layout_(kadanoff::make_checkerboard_layout(plan.planes, plan.rows, plan.columns, masks_)),
          replica_stride_(2 * layout_.storage_words()),
          packed_words_(2 * layout_.planes * layout_.row_block()),
          words_(static_cast<std::size_t>(replicas() * replica_stride_)) {}

    std::int64_t replicas() const { return static_cast<std::int64_t>(plan_.tables.size()); }
    std::int64_t packed_words() const { return packed_words_; }

    void write(const std::vector<std::uint32_t>& packed) {
        for (std::int64_t i = 0; i < replicas() * packed_words_; ++i) {
            kadanoff::cuda::write_thread(layout_, storage(i / packed_words_), i % packed_words_,
                                         packed[static_cast<std::size_t>(i)]);
        }
    }

    std::vector<std::uint32_t> read() {
        std::vector<std::uint32_t> packed;
        for (std::int64_t i = 0; i < replicas() * packed_words_; ++i) {
            packed.push_back(storage(i / packed_words_)[kadanoff::cuda::storage_offset(layout_, i % packed_words_)]);
        }
        return packed;
    }

    std::vector<std::int8_t> unpack() {
        const std::int64_t sites = 2 * layout_.planes * layout_.rows * layout_.row_sites;
        std::vector<std::int8_t> spins(static_cast<std::size_t>(replicas() * sites), 0);
        for (std::int64_t i = 0; i < replicas() * packed_words_; ++i) {
            kadanoff::cuda::unpack_thread(layout_, storage(i / packed_words_), i % packed_words_,
                                          spins.data() + i / packed_words_ * sites);
        }
        return spins;
    }

    /// Threads run last to first: their order must not matter.
    void half_sweep(std::uint64_t sweep, std::uint32_t colour) {
        for (std::int64_t r = 0; r < replicas(); ++r) {
            std::uint32_t* even = storage(r) + layout_.margin;
            std::uint32_t* odd = even + layout_.storage_words();
            const kadanoff::HalfSweep job{layout_,
                                          colour == 0 ? even : odd,
                                          colour == 0 ? odd : even,
                                          &plan_.tables[static_cast<std::size_t>(r)],
                                          {plan_.seed, sweep, static_cast<std::uint32_t>(r), plan_.stream, colour}};
            for (std::int64_t i = kadanoff::unit_count<kadanoff::WordOps>(layout_) - 1; i >= 0; --i) {
                kadanoff::cuda::update_thread<Lattice, Rule, Symmetric>(job, i);
            }
        }
    }

    SpinSums measure(std::int64_t replica) {
        const std::uint32_t* even = storage(replica) + layout_.margin;
        SpinSums sums;
        for (std::int64_t i = 0; i < kadanoff::unit_count<kadanoff::WordOps>(layout_); ++i) {
            const SpinSums part =
                kadanoff::cuda::measure_thread<Lattice>(layout_, even, even + layout_.storage_words(), i);
            sums.unequal_bonds += part.unequal_bonds;
            sums.up_spins += part.up_spins;
        }
        return sums;
    }

private:
    std::uint32_t* storage(std::int64_t replica) { return words_.data() + replica * replica_stride_; }

    CheckerboardPlan plan_;
    std::vector<std::uint32_t> masks_;
    CheckerboardLayout layout_;
    std::int64_t replica_stride_, packed_words_;
    kadanoff::AlignedWords words_;
};

template <class Lattice, class Rule, bool Symmetric>
CheckerboardPlan make_plan(const Shape& shape, int rule) {
    const kadanoff::UniformIsing model{-0.9, Symmetric ? 0.0 : 0.4};
    CheckerboardPlan plan{shape.layers(),
                          shape.rows,
                          shape.columns,
                          {shape.dimension() - 2, rule, Symmetric},
                          Rule::stream,
                          0x123456789ABCDEF0u,
                          {},
                          1};
    for (const double beta : {0.3, 0.9, 0.0625}) {
        plan.tables.push_back(Symmetric ? kadanoff::make_symmetric_table<Lattice, Rule>(model.coupling, beta)
                                        : kadanoff::make_field_table<Lattice, Rule>(model, beta));
    }
    return plan;
}

template <class Lattice, class Rule, bool Symmetric>
bool equals_engine(const Shape& shape, int rule) {
    const CheckerboardPlan plan = make_plan<Lattice, Rule, Symmetric>(shape, rule);
    const std::unique_ptr<kadanoff::CheckerboardBackend> engine = kadanoff::make_cpu_checkerboard(plan);
    FakeDevice<Lattice, Rule, Symmetric> device(plan);

    const auto all_words = static_cast<std::size_t>(device.replicas() * device.packed_words());
    std::vector<std::uint32_t> packed(all_words);
    const std::vector<std::int8_t> random = random_spins(static_cast<std::int64_t>(all_words), 9);
    for (std::size_t i = 0; i < all_words; ++i) packed[i] = random[i] > 0 ? 1u : 0u;  // site 0 of every word
    engine->write(packed.data());
    device.write(packed);
    if (!CHECK(device.read() == packed)) return false;

    constexpr std::int64_t sweeps = 3;
    engine->advance(first_sweep, 1, sweeps, nullptr);
    for (std::uint32_t half = 0; half < 2 * sweeps; ++half) device.half_sweep(first_sweep + half / 2, half % 2);
    std::vector<std::uint32_t> expected(all_words);
    engine->read(expected.data());
    if (!CHECK(device.read() == expected)) return false;

    std::vector<std::int8_t> spins(static_cast<std::size_t>(device.replicas() * shape.sites()), 0);
    engine->unpack(spins.data());
    if (!CHECK(device.unpack() == spins)) return false;

    std::vector<SpinSums> sums(static_cast<std::size_t>(device.replicas()));
    engine->measure(sums.data());
    for (std::int64_t r = 0; r < device.replicas(); ++r) {
        const SpinSums part = device.measure(r);
        if (!CHECK_EQUAL(part.unequal_bonds, sums[static_cast<std::size_t>(r)].unequal_bonds)) return false;
        if (!CHECK_EQUAL(part.up_spins, sums[static_cast<std::size_t>(r)].up_spins)) return false;
    }
    return true;
}

template <class Lattice, class Rule>
void compare(int rule) {
    for (const Shape& shape : shapes()) {
        if (shape.dimension() != Lattice::dimension) continue;
        const bool equal =
            equals_engine<Lattice, Rule, true>(shape, rule) && equals_engine<Lattice, Rule, false>(shape, rule);
        if (!equal) std::printf("on %s\n", shape.text().c_str());
    }
}

}  // namespace

TEST_CASE(cuda_bodies_equal_the_engine_on_square_heat_bath) { compare<kadanoff::Square, kadanoff::HeatBath>(0); }
TEST_CASE(cuda_bodies_equal_the_engine_on_square_metropolis) { compare<kadanoff::Square, kadanoff::Metropolis>(1); }
TEST_CASE(cuda_bodies_equal_the_engine_on_cubic_heat_bath) { compare<kadanoff::Cubic, kadanoff::HeatBath>(0); }
TEST_CASE(cuda_bodies_equal_the_engine_on_cubic_metropolis) { compare<kadanoff::Cubic, kadanoff::Metropolis>(1); }
