#include <algorithm>
#include <cstring>
#include <ctime>
#include <map>
#include <vector>

#include "bench.hpp"
#include "kadanoff/lattice/checkerboard.hpp"
#include "kadanoff/registry.hpp"
#include "kadanoff/update/checkerboard_sweep.hpp"
#include "operation_count.hpp"
#include "primitives.hpp"

namespace bench {

namespace {

using kadanoff::Isa;

double cpu_nanoseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

/// Calls visit(lattice tag, rule tag).
template <class Visit>
void with_types(const kadanoff::Lattice& lattice, const std::string& update, Visit visit) {
    kadanoff::visit_type(kadanoff::Lattices{}, lattice.checkerboard_kind(), [&](auto lattice_tag) {
        for (int rule = 0; rule < kadanoff::Rules::size; ++rule) {
            kadanoff::visit_type(kadanoff::Rules{}, rule, [&](auto rule_tag) {
                if (update == decltype(rule_tag)::type::name) visit(lattice_tag, rule_tag);
            });
        }
    });
}

/// One stripe of a small lattice, run on CountingOps.
class CountedStripe {
public:
    explicit CountedStripe(int dimension)
        : layout_(kadanoff::make_checkerboard_layout(dimension == 3 ? 8 : 1, 64, 128, masks_)),
          even_(static_cast<std::size_t>(layout_.storage_words())),
          odd_(even_) {}

    template <class Lattice, class Rule, bool Symmetric>
    Operations update() {
        kadanoff::AcceptTable table{};
        const kadanoff::HalfSweep job{
            layout_, even_.data() + layout_.margin, odd_.data() + layout_.margin, &table, {1, 0, 0, Rule::stream, 0}};
        const kadanoff::HalfSweep* jobs[1] = {&job};
        CountingOps::count = {};
        kadanoff::Unit<CountingOps> unit = kadanoff::begin_unit<CountingOps>(job, 0);
        const std::int64_t vectors = unit.vectors;
        kadanoff::update_units<CountingOps, Lattice, Rule, Symmetric, 1>(jobs, &unit, vectors);
        return per_vector(vectors);
    }

    template <class Lattice>
    Operations measure() {
        CountingOps::count = {};
        const std::int64_t vectors = layout_.vectors();
        benchmark::DoNotOptimize(kadanoff::measure_lanes<CountingOps, Lattice>(
            layout_, even_.data() + layout_.margin, odd_.data() + layout_.margin, 0, vectors, 0));
        return per_vector(vectors);
    }

private:
    /// Rounded to whole operations; the seeding of a stripe counts in a sixteenth.
    static Operations per_vector(std::int64_t vectors) {
        const Operations& n = CountingOps::count;
        const auto share = [&](std::int64_t count) { return (count + vectors / 2) / vectors; };
        return {share(n.logic2),    share(n.and_not), share(n.xor3),     share(n.majority), share(n.select),
                share(n.and_equal), share(n.rotate),  share(n.multiply), share(n.bit_sum)};
    }

    std::vector<std::uint32_t> masks_;
    kadanoff::CheckerboardLayout layout_;
    std::vector<std::uint32_t> even_, odd_;
};

void run_logic(benchmark::State& state, Isa isa) {
    const Primitives here = primitives(isa);
    constexpr std::int64_t rounds = 1 << 14;
    for ([[maybe_unused]] auto step : state) benchmark::DoNotOptimize(here.logic(rounds));
    state.counters["operations/ns"] = giga_rate(static_cast<double>(rounds * here.operations * state.iterations()));
}

/// Reads and writes every byte of a buffer once.
void run_bandwidth(benchmark::State& state, std::size_t bytes) {
    std::vector<std::uint64_t> buffer(bytes / sizeof(std::uint64_t), 0);
    std::uint64_t rounds = 0;
    for ([[maybe_unused]] auto step : state) {
        for (std::uint64_t& word : buffer) word += 0x0101010101010101u;
        benchmark::ClobberMemory();
        ++rounds;
    }
    const bool right = std::all_of(buffer.begin(), buffer.end(),
                                   [&](std::uint64_t word) { return word == rounds * 0x0101010101010101u; });
    if (!right) state.SkipWithError("the sums are wrong");
    state.counters["GB/s"] = giga_rate(2.0 * static_cast<double>(bytes) * static_cast<double>(rounds));
}

}  // namespace

double peak_operations(Isa isa) {
    static std::map<Isa, double> known;
    const auto found = known.find(isa);
    if (found != known.end()) return found->second;
    const Primitives here = primitives(isa);
    constexpr std::int64_t rounds = 1 << 16;
    double best = 0;
    for (int repeat = 0; repeat < 20; ++repeat) {
        const double begin = cpu_nanoseconds();
        benchmark::DoNotOptimize(here.logic(rounds));
        best = std::max(best, static_cast<double>(rounds * here.operations) / (cpu_nanoseconds() - begin));
    }
    return known[isa] = best;
}

Operations update_operations(const kadanoff::Lattice& lattice, const std::string& update, double field) {
    CountedStripe stripe(static_cast<int>(lattice.extents().size()));
    Operations result{};
    with_types(lattice, update, [&](auto lattice_tag, auto rule_tag) {
        using Kind = typename decltype(lattice_tag)::type;
        using Rule = typename decltype(rule_tag)::type;
        result = field == 0.0 ? stripe.update<Kind, Rule, true>() : stripe.update<Kind, Rule, false>();
    });
    return result;
}

Operations measure_operations(const kadanoff::Lattice& lattice) {
    CountedStripe stripe(static_cast<int>(lattice.extents().size()));
    Operations result{};
    with_types(lattice, "heatbath",
               [&](auto lattice_tag, auto) { result = stripe.measure<typename decltype(lattice_tag)::type>(); });
    return result;
}

void register_roofline() {
    for (const Isa isa : kadanoff::available_isas()) {
        const std::string name = std::string("roofline/logic/") + kadanoff::name(isa);
        add(name, [=](benchmark::State& state) { run_logic(state, isa); });
    }
    for (const std::size_t kib : {16u, 512u, 8192u, 262144u}) {
        const std::string name = "roofline/bandwidth/KiB:" + std::to_string(kib);
        add(name, [=](benchmark::State& state) { run_bandwidth(state, kib * 1024); });
    }
}

}  // namespace bench
