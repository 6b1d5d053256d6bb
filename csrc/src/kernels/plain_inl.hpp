// Included once by each plain_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kadanoff/registry.hpp"
#include "kernels/graph_units.hpp"
#include "kernels/plain.hpp"

namespace kadanoff {
namespace {

template <class Ops, class Rule, bool Direct>
void update_blocks(const PlainJob& job, std::int64_t first, std::int64_t last) noexcept {
    for_each_register<Ops, plain_streams>(
        job, first, last,
        [&](const SweepUnit& unit, std::int64_t vector, SiteStream<Ops, plain_streams>* stream, auto number)
            KADANOFF_INLINE_LAMBDA {
                update_plain<Ops, Rule, Direct, decltype(number)::count>(job, unit, vector, stream);
            });
}

template <class Ops>
void sum_items(const PlainSum& sum, int corners, double* out) noexcept {
    if (corners == 1) sum_plain<1>(sum, out);
    if (corners == 2) sum_plain<2>(sum, out);
    if (corners == 4) sum_plain<4>(sum, out);
}

template <class Ops>
PlainKernel select_plain(int rule, bool direct) noexcept {
    PlainKernel kernel{};
    visit_type(Rules{}, rule, [&](auto tag) KADANOFF_INLINE_LAMBDA {
        using Rule = typename decltype(tag)::type;
        kernel = {direct ? update_blocks<Ops, Rule, true> : update_blocks<Ops, Rule, false>, sum_items<Ops>};
    });
    return kernel;
}

}  // namespace
}  // namespace kadanoff
