#include <complex>
#include <cstdint>
#include <numeric>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/tensor/einsum.hpp"
#include "python/bindings/lru_cache.hpp"
#include "tensor/arena.hpp"
#include "tensor/workspace.hpp"

namespace {

using kadanoff::DType;
using kadanoff::Einsum;
using kadanoff::EinsumPath;

using Numbers = std::vector<double>;

TEST_CASE(equations_name_axes) {
    const auto product = kadanoff::parse_einsum(" ij, jk -> ki", {{2, 3}, {3, 4}});
    CHECK(product.operands == (std::vector<std::vector<int>>{{0, 1}, {1, 2}}));
    CHECK(product.output == (std::vector<int>{2, 0}));
    CHECK(product.extents == (std::vector<std::int64_t>{2, 3, 4}));
    // Capitals come first; the axes of an ellipsis are numbered after the letters, from the last one.
    const auto implied = kadanoff::parse_einsum("b...A,...b", {{5, 7, 1, 2}, {3, 5}});
    CHECK(implied.operands == (std::vector<std::vector<int>>{{1, 3, 2, 0}, {2, 1}}));
    CHECK(implied.output == (std::vector<int>{3, 2, 0}));
    CHECK(implied.extents == (std::vector<std::int64_t>{2, 5, 3, 7}));
}

TEST_CASE(a_chain_a_diagonal_and_a_sum) {
    Numbers a(6), b(9), c(3);
    std::iota(a.begin(), a.end(), 1.0);
    std::iota(b.begin(), b.end(), 0.0);
    std::iota(c.begin(), c.end(), 1.0);
    // The sum over j of a_ij b_jj (sum of c).
    const Einsum expression("ij,jj,k->i", DType::float64, {{{2, 3}, {3, 1}}, {{3, 3}, {3, 1}}, {{3}, {1}}});
    CHECK(expression.output_shape() == (std::vector<std::int64_t>{2}));
    CHECK(!expression.view_strides());
    const void* operands[] = {a.data(), b.data(), c.data()};
    Numbers result(2);
    expression.run(operands, result.data());
    CHECK(result == (Numbers{6 * (0 * 1 + 4 * 2 + 8 * 3), 6 * (0 * 4 + 4 * 5 + 8 * 6)}));
}

TEST_CASE(a_view_has_strides) {
    const Einsum diagonal("aba->ba", DType::complex64, {{{3, 2, 3}, {6, 3, -1}}});
    CHECK(diagonal.view_strides() == (std::vector<std::int64_t>{3, 5}));
    CHECK(!Einsum("ab->a", DType::complex64, {{{3, 2}, {2, 1}}}).view_strides());
}

TEST_CASE(many_operands_in_any_order) {
    constexpr int count = 30;
    std::vector<kadanoff::TensorLayout> layouts(count, {{2, 2}, {2, 1}});
    std::string equation;
    for (int i = 0; i < count; ++i) {
        if (i > 0) equation += ',';
        equation += {static_cast<char>('A' + i + (i > 25 ? 6 : 0)), static_cast<char>('A' + i + 1 + (i > 24 ? 6 : 0))};
    }
    const Numbers matrix{1, 1, 0, 1};
    const std::vector<const void*> operands(count, matrix.data());
    equation += "->Ae";
    Numbers result(4);
    Einsum(equation, DType::float64, layouts).run(operands.data(), result.data());
    CHECK(result == (Numbers{1, count, 0, 1}));
    EinsumPath path;
    path.search = EinsumPath::Search::given;
    for (int i = 0; i + 1 < count; ++i) path.groups.push_back({0, 1});
    Einsum(equation, DType::float64, layouts, std::vector<std::int64_t>{1, 2}, path)
        .run(operands.data(), result.data());
    CHECK(result == (Numbers{1, 0, count, 1}));
}

TEST_CASE(what_does_not_belong_together_is_refused) {
    using Strides = std::vector<std::int64_t>;
    CHECK_THROWS(kadanoff::InvalidArgument,
                 "[einsum] expected a stride for each axis of an operand, got 1 strides of 2 axes",
                 (Einsum("ij", DType::float64, {{{2, 2}, {1}}})));
    CHECK_THROWS(kadanoff::InvalidArgument, "[einsum] expected out with 2 axes, got 1",
                 (Einsum("ij", DType::float64, {{{2, 2}, {2, 1}}}, Strides{1})));
    CHECK_THROWS(kadanoff::InvalidArgument, "[einsum] expected at least one operand, got none",
                 (Einsum("ij", DType::float64, {})));
    EinsumPath path;
    path.search = EinsumPath::Search::given;
    CHECK_THROWS(kadanoff::InvalidArgument, "[einsum] expected a path that leaves one tensor, got one that leaves 2",
                 (Einsum("i,i", DType::float64, {{{2}, {1}}, {{2}, {1}}}, {}, path)));
    path.groups = {{0, 2}};
    CHECK_THROWS(kadanoff::InvalidArgument, "[einsum] expected a position among the 2 tensors that are left, got 2",
                 (Einsum("i,i", DType::float64, {{{2}, {1}}, {{2}, {1}}}, {}, path)));
}

TEST_CASE(blocks_fill_gaps) {
    kadanoff::tensor::Arena arena;
    const auto a = arena.allocate(100), b = arena.allocate(1), c = arena.allocate(64);
    CHECK(a == 0);
    CHECK(b == 128);
    CHECK(c == 192);
    arena.release(b);
    CHECK(arena.allocate(65) == 256);
    CHECK(arena.allocate(64) == 128);
    arena.release(a);
    CHECK(arena.allocate(128) == 0);
    CHECK(arena.bytes() == 384);
}

TEST_CASE(workspaces_are_aligned) {
    for (const std::size_t bytes : {1, 1 << 16, (1 << 16) + 1, 1 << 20}) {
        const kadanoff::tensor::Workspace workspace(bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(workspace.data()) % 64 == 0);
        workspace.data()[bytes - 1] = std::byte{1};
    }
    CHECK(kadanoff::tensor::Workspace(0).data() == nullptr);
}

TEST_CASE(the_cache_forgets_what_was_used_longest_ago) {
    kadanoff::python::LruCache<int> cache(3);
    const auto key = [](std::uint64_t i) { return std::vector<std::uint64_t>{i, 7}; };
    for (int i = 0; i < 3; ++i) cache.insert(key(static_cast<std::uint64_t>(i)), i);
    CHECK(*cache.find(key(0)) == 0);
    cache.insert(key(3), 3);
    CHECK(cache.size() == 3);
    CHECK(cache.find(key(1)) == nullptr);
    CHECK(*cache.find(key(0)) == 0);
    CHECK(*cache.find(key(2)) == 2);
    cache.insert(key(2), 5);
    CHECK(cache.size() == 3);
    CHECK(*cache.find(key(2)) == 5);
    CHECK(cache.find(std::vector<std::uint64_t>{2}) == nullptr);
}

}  // namespace
