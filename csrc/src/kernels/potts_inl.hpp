// Included once by each potts_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kernels/graph_units.hpp"
#include "kernels/potts.hpp"

namespace kadanoff {
namespace {

template <class Ops, class Rule, bool Direct>
void update_states(const PottsJob& job, std::int64_t first, std::int64_t last) noexcept {
    for_each_register<Ops, plain_streams>(
        job, first, last,
        [&](const SweepUnit& unit, std::int64_t vector, SiteStream<Ops, plain_streams>* stream, auto number)
            KADANOFF_INLINE_LAMBDA {
                KADANOFF_UNROLL
                for (int i = 0; i < decltype(number)::count; ++i) {
                    update_potts<Ops, Rule, Direct>(job, unit, vector + i, stream[i]);
                }
            });
}

template <class Ops>
PottsKernel select_potts(bool metropolis, bool direct) noexcept {
    if (metropolis) {
        return direct ? update_states<Ops, PottsMetropolis, true> : update_states<Ops, PottsMetropolis, false>;
    }
    return direct ? update_states<Ops, PottsHeatBath, true> : update_states<Ops, PottsHeatBath, false>;
}

}  // namespace
}  // namespace kadanoff
