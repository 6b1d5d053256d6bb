#include <algorithm>
#include <atomic>
#include <utility>

#include "aligned_words.hpp"
#include "backend/checkerboard.hpp"
#include "kadanoff/isa.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

/// Below this many stripes a worker waits for its neighbours longer than it works.
constexpr std::int64_t min_stripes_per_worker = 16;
/// Pieces of a half sweep for each worker: enough that one slowed down by the machine can take fewer.
constexpr std::int64_t pieces_per_worker = 8;
/// Below this many units a replica is updated together with the next one, to fill the pipeline.
constexpr std::int64_t few_units = 8;

CheckerboardKernel choose_kernel(Isa isa, KernelChoice choice) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_checkerboard(choice);
    if (isa == Isa::avx2) return avx2_checkerboard(choice);
#endif
    static_cast<void>(isa);
    return scalar_checkerboard(choice);
}

class CpuCheckerboard final : public CheckerboardBackend {
public:
    explicit CpuCheckerboard(const CheckerboardPlan& plan)
        : plan_(plan),
          isa_(active_isa()),
          kernel_(choose_kernel(isa_, plan.choice)),
          layout_(make_checkerboard_layout(plan.planes, plan.rows, plan.columns, masks_)),
          replicas_(static_cast<std::int64_t>(plan.tables.size())),
          words_(static_cast<std::size_t>(2 * replicas_ * layout_.storage_words())) {}

    void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, SpinSums* sums) override {
        const std::int64_t stripe_workers =
            std::min<std::int64_t>(plan_.threads, layout_.stripes() / min_stripes_per_worker);
        const std::int64_t group = layout_.stripes() * kernel_.units_per_stripe < few_units ? 2 : 1;
        const std::int64_t groups = (replicas_ + group - 1) / group;
        if (groups >= stripe_workers) {
            advance_by_replica(sweep, draws, every, sums, group);
        } else {
            advance_by_stripe(sweep, draws, every, sums, static_cast<int>(stripe_workers));
        }
    }

    void measure(SpinSums* sums) override {
        for (std::int64_t r = 0; r < replicas_; ++r) sums[r] = measure_range(r, 0, layout_.vectors());
    }

    void set_tables(const KernelChoice& choice, std::vector<AcceptTable> tables) override {
        plan_.choice = choice;
        plan_.tables = std::move(tables);
        kernel_ = choose_kernel(isa_, choice);
    }

    void read(std::uint32_t* words) const override {
        for_each_row([&](const std::uint32_t* row, std::int64_t offset) {
            std::copy_n(row, layout_.row_words, words + offset);
        });
    }

    void write(const std::uint32_t* words) override {
        for (std::int64_t half = 0; half < 2 * replicas_; ++half) {
            for (std::int64_t plane = 0; plane < layout_.planes; ++plane) {
                std::uint32_t* first = half_lattice(half) + plane * layout_.plane_stride;
                const std::int64_t offset = (half * layout_.planes + plane) * layout_.row_block();
                for (std::int64_t word = 0; word < layout_.row_block(); ++word) {
                    store_with_ghosts<WordOps>(layout_, first, word, words[offset + word]);
                }
            }
        }
    }

    void unpack(std::int8_t* spins) const override {
        std::int64_t index = 0;  // of the packed row: (replica, colour, plane, row)
        for_each_row([&](const std::uint32_t* row, std::int64_t) {
            const std::int64_t y = index % layout_.rows;
            const std::int64_t z = index / layout_.rows % layout_.planes;
            const std::int64_t colour = index / (layout_.rows * layout_.planes) % 2;
            const std::int64_t replica = index / (layout_.rows * layout_.planes * 2);
            std::int8_t* out = spins + ((replica * layout_.planes + z) * layout_.rows + y) * plan_.columns;
            out += (y + z + colour) % 2;
            for (std::int64_t j = 0; j < layout_.row_sites; ++j) {
                out[2 * j] = static_cast<std::int8_t>((row[j / 32] >> (j % 32)) & 1 ? 1 : -1);
            }
            ++index;
        });
    }

    std::string kernel() const override { return std::string("checkerboard-") + name(isa_); }

private:
    /// Colour `half % 2` of replica `half / 2`.
    std::uint32_t* half_lattice(std::int64_t half) {
        return words_.data() + half * layout_.storage_words() + layout_.margin;
    }
    const std::uint32_t* half_lattice(std::int64_t half) const {
        return words_.data() + half * layout_.storage_words() + layout_.margin;
    }

    /// Calls visit(row, offset of the row in the packed array) in packed order.
    template <class Visit>
    void for_each_row(Visit visit) const {
        std::int64_t offset = 0;
        for (std::int64_t half = 0; half < 2 * replicas_; ++half) {
            for (std::int64_t plane = 0; plane < layout_.planes; ++plane) {
                const std::uint32_t* first = half_lattice(half) + plane * layout_.plane_stride;
                for (std::int64_t y = 0; y < layout_.rows; ++y, offset += layout_.row_words) {
                    visit(first + y * layout_.row_words, offset);
                }
            }
        }
    }

    HalfSweep job(std::int64_t replica, std::uint32_t colour) {
        return {layout_,
                half_lattice(2 * replica + colour),
                half_lattice(2 * replica + 1 - colour),
                &plan_.tables[static_cast<std::size_t>(replica)],
                {plan_.seed, 0, static_cast<std::uint32_t>(replica), plan_.stream, colour}};
    }

    SpinSums measure_range(std::int64_t replica, std::int64_t first, std::int64_t last) const {
        return kernel_.measure(layout_, half_lattice(2 * replica), half_lattice(2 * replica + 1), first, last);
    }

    /// Workers take whole replicas and never wait for each other.
    void advance_by_replica(std::uint64_t sweep, std::int64_t draws, std::int64_t every, SpinSums* sums,
                            std::int64_t group) {
        const std::int64_t groups = (replicas_ + group - 1) / group;
        std::atomic<std::int64_t> next{0};
        run_parallel(static_cast<int>(std::min<std::int64_t>(plan_.threads, groups)), [&](int) {
            for (std::int64_t g = next++; g < groups; g = next++) {
                advance_group(g * group, std::min(replicas_, (g + 1) * group), sweep, draws, every, sums);
            }
        });
    }

    /// All sweeps of the one or two replicas [first, last).
    void advance_group(std::int64_t first, std::int64_t last, std::uint64_t sweep, std::int64_t draws,
                       std::int64_t every, SpinSums* sums) {
        const std::int64_t units = layout_.stripes() * kernel_.units_per_stripe;
        HalfSweep jobs[2][2];
        for (std::int64_t r = first; r < last; ++r) {
            for (std::uint32_t colour = 0; colour < 2; ++colour) jobs[colour][r - first] = job(r, colour);
        }
        for (std::int64_t draw = 0; draw < draws; ++draw) {
            for (std::int64_t s = 0; s < every; ++s, ++sweep) {
                for (auto& colour_jobs : jobs) {
                    for (HalfSweep& half : colour_jobs) half.key.sweep = sweep;
                    kernel_.update(colour_jobs, last - first, 0, units);
                }
            }
            if (sums == nullptr) continue;
            for (std::int64_t r = first; r < last; ++r) {
                sums[r * draws + draw] = measure_range(r, 0, layout_.vectors());
            }
        }
    }

    /// Workers share the stripes of every half sweep, and meet after it.
    void advance_by_stripe(std::uint64_t sweep, std::int64_t draws, std::int64_t every, SpinSums* sums, int workers) {
        const std::int64_t pairs = (layout_.stripes() + 1) / 2;  // of stripes, which are updated in lockstep
        const std::int64_t pieces = std::min(pairs, workers * pieces_per_worker);
        const auto first_stripe = [&](std::int64_t piece) {
            return std::min(layout_.stripes(), 2 * (pairs * piece / pieces));
        };
        const std::size_t size = sums == nullptr ? 0 : static_cast<std::size_t>(replicas_ * draws);
        std::vector<std::vector<SpinSums>> partial(static_cast<std::size_t>(workers), std::vector<SpinSums>(size));
        PhasedWork work(workers);
        run_parallel(workers, [&](int worker) {
            std::vector<SpinSums>& own_sums = partial[static_cast<std::size_t>(worker)];
            for (std::int64_t draw = 0; draw < draws; ++draw) {
                for (std::int64_t half = 0; half < 2 * every; ++half) {
                    work.phase(replicas_ * pieces, [&](std::int64_t piece) {
                        HalfSweep one = job(piece / pieces, static_cast<std::uint32_t>(half % 2));
                        one.key.sweep = sweep + static_cast<std::uint64_t>(draw * every + half / 2);
                        const std::int64_t units = kernel_.units_per_stripe;
                        kernel_.update(&one, 1, first_stripe(piece % pieces) * units,
                                       first_stripe(piece % pieces + 1) * units);
                    });
                }
                if (sums == nullptr) continue;
                work.phase(replicas_ * pieces, [&](std::int64_t piece) {
                    const std::int64_t end = first_stripe(piece % pieces + 1) * stripe_vectors;
                    add(own_sums[static_cast<std::size_t>(piece / pieces * draws + draw)],
                        measure_range(piece / pieces, first_stripe(piece % pieces) * stripe_vectors,
                                      std::min(end, layout_.vectors())));
                });
            }
        });
        for (std::size_t i = 0; i < size; ++i) {
            sums[i] = {};
            for (const auto& part : partial) add(sums[i], part[i]);
        }
    }

    static void add(SpinSums& sum, const SpinSums& part) {
        sum.unequal_bonds += part.unequal_bonds;
        sum.up_spins += part.up_spins;
    }

    CheckerboardPlan plan_;
    Isa isa_;
    CheckerboardKernel kernel_;
    std::vector<std::uint32_t> masks_;
    CheckerboardLayout layout_;
    std::int64_t replicas_;
    AlignedWords words_;
};

}  // namespace

std::unique_ptr<CheckerboardBackend> make_cpu_checkerboard(const CheckerboardPlan& plan) {
    return std::make_unique<CpuCheckerboard>(plan);
}

}  // namespace kadanoff
