#include <algorithm>
#include <array>
#include <complex>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/tensor/permute.hpp"

namespace {

using kadanoff::DType;
using kadanoff::Isa;
using kadanoff::Permutation;
using kadanoff::PermuteSpec;

/// Any axes in any order and direction, with gaps between them.
PermuteSpec random_spec(DType dtype, bool sums, std::mt19937& random) {
    const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    constexpr std::array<std::int64_t, 14> extents{1, 2, 2, 2, 3, 5, 8, 16, 17, 33, 64, 100, 300, 600};
    PermuteSpec spec;
    spec.dtype = dtype;
    std::int64_t size = 1;
    const int labels = draw(8);
    for (int label = 0; label < labels; ++label) {
        std::int64_t extent = extents[static_cast<std::size_t>(draw(14))];
        if (size * extent > 60000) extent = 1 + draw(2);
        size *= extent;
        if (draw(100) == 0) extent = 0;
        spec.extents.push_back(extent);
        spec.input.push_back(label);
        if (!sums || draw(3) != 0) spec.output.push_back(label);
    }
    std::shuffle(spec.input.begin(), spec.input.end(), random);
    std::shuffle(spec.output.begin(), spec.output.end(), random);
    return spec;
}

/// Strides for the labels; returns the first element and the size.
std::array<std::int64_t, 2> lay_out(const PermuteSpec& spec, const std::vector<int>& labels,
                                    std::vector<std::int64_t>& strides, std::mt19937& random) {
    const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    std::int64_t size = draw(10) == 0 ? 2 : 1, start = 0;
    for (const int label : labels) {
        const std::int64_t extent = std::max<std::int64_t>(spec.extents[static_cast<std::size_t>(label)], 1);
        strides.push_back(size);
        if (draw(6) == 0) {
            strides.back() = -size;
            start += size * (extent - 1);
        }
        size = size * extent + (draw(4) == 0 ? draw(4) : 0);
    }
    return {start, size};
}

template <class T>
T number(int i) {
    return static_cast<T>(static_cast<float>(i % 37 - 18));
}
template <>
std::complex<float> number(int i) {
    return {number<float>(i), number<float>(i + 5)};
}
template <>
std::complex<double> number(int i) {
    return {number<double>(i), number<double>(i + 5)};
}

template <class T>
void add_all(const PermuteSpec& spec, std::size_t depth, const T* input, T* output) {
    if (depth == spec.input.size()) {
        *output += *input;
        return;
    }
    const int label = spec.input[depth];
    const auto at = std::find(spec.output.begin(), spec.output.end(), label);
    const std::int64_t step =
        at == spec.output.end() ? 0 : spec.output_strides[static_cast<std::size_t>(at - spec.output.begin())];
    for (std::int64_t i = 0; i < spec.extents[static_cast<std::size_t>(label)]; ++i) {
        add_all(spec, depth + 1, input + i * spec.input_strides[depth], output + i * step);
    }
}

/// Clears what the output's strides reach.
template <class T>
void clear(const PermuteSpec& spec, std::size_t depth, T* output) {
    if (depth == spec.output.size()) {
        *output = T{};
        return;
    }
    const std::int64_t extent = spec.extents[static_cast<std::size_t>(spec.output[depth])];
    for (std::int64_t i = 0; i < extent; ++i) clear(spec, depth + 1, output + i * spec.output_strides[depth]);
}

template <class T>
void compare_random(DType dtype, bool sums, int count) {
    std::mt19937 random(5);
    for (int i = 0; i < count; ++i) {
        PermuteSpec spec = random_spec(dtype, sums, random);
        const auto [input_start, input_size] = lay_out(spec, spec.input, spec.input_strides, random);
        const auto [output_start, output_size] = lay_out(spec, spec.output, spec.output_strides, random);
        std::vector<T> input(static_cast<std::size_t>(input_size)), before(static_cast<std::size_t>(output_size));
        for (std::size_t j = 0; j < input.size(); ++j) input[j] = number<T>(static_cast<int>(j * 7));
        for (std::size_t j = 0; j < before.size(); ++j) before[j] = number<T>(static_cast<int>(j));
        std::vector<T> expected = before;
        clear(spec, 0, expected.data() + output_start);
        add_all(spec, 0, input.data() + input_start, expected.data() + output_start);
        for (const Isa isa : kadanoff::available_isas()) {
            for (const int threads : {1, 2}) {
                std::vector<T> output = before;
                Permutation(spec, isa).run(input.data() + input_start, output.data() + output_start, threads);
                std::ostringstream what;
                what << kadanoff::name(isa) << " case " << i;
                if (!check::report(output == expected, __FILE__, __LINE__, what.str())) return;
            }
        }
    }
}

TEST_CASE(random_permutations_copy) {
    compare_random<float>(DType::float32, false, 300);
    compare_random<double>(DType::float64, false, 200);
    compare_random<std::complex<float>>(DType::complex64, false, 200);
    compare_random<std::complex<double>>(DType::complex128, false, 200);
}

TEST_CASE(random_sums_equal_the_direct_sum) {
    compare_random<float>(DType::float32, true, 200);
    compare_random<double>(DType::float64, true, 200);
    compare_random<std::complex<float>>(DType::complex64, true, 100);
    compare_random<std::complex<double>>(DType::complex128, true, 100);
}

TEST_CASE(a_diagonal_adds_strides) {
    const std::vector<double> matrix{1, 2, 3, 4, 5, 6, 7, 8, 9};
    std::vector<double> diagonal(3), trace(1);
    Permutation({DType::float64, {0}, {0}, {3}, {4}, {1}}).run(matrix.data(), diagonal.data());
    CHECK(diagonal == (std::vector<double>{1, 5, 9}));
    Permutation({DType::float64, {0}, {}, {3}, {4}, {}}).run(matrix.data(), trace.data());
    CHECK_EQUAL(trace[0], 15.0);
}

/// Numbers of 24 bits: large ones would swallow small ones if they were added one by one.
TEST_CASE(long_sums_lose_little) {
    const std::vector<float> ones(10'000'000, 0.1F);
    float sum = 0;
    Permutation({DType::float32, {0}, {}, {10'000'000}, {1}, {}}).run(ones.data(), &sum);
    CHECK(std::abs(sum / 1e6F - 1) < 2e-5F);
}

/// Rows, columns, both sides of an axis, rows of a few numbers, and numbers that are no neighbours.
TEST_CASE(sums_have_the_same_bits_on_every_instruction_set_and_number_of_threads) {
    std::mt19937 random(7);
    std::vector<float> input(300'000);
    for (float& x : input) x = std::uniform_real_distribution<float>(-1, 1)(random);
    const std::vector<PermuteSpec> specs{
        {DType::float32, {0, 1}, {1}, {59, 5003}, {5003, 1}, {1}},
        {DType::float32, {0, 1}, {0}, {601, 499}, {499, 1}, {1}},
        {DType::float32, {0, 1, 2}, {1}, {61, 300, 15}, {4500, 15, 1}, {1}},
        {DType::float32, {0, 1}, {1}, {90'001, 3}, {3, 1}, {1}},
        {DType::complex64, {0, 1}, {1}, {300, 401}, {401, 1}, {1}},
        {DType::float32, {0, 1}, {0}, {300, 450}, {900, 2}, {1}},
    };
    for (const PermuteSpec& spec : specs) {
        std::vector<float> first(12'000);
        Permutation(spec, Isa::scalar).run(input.data(), first.data());
        for (const Isa isa : kadanoff::available_isas()) {
            for (const int threads : {1, 3}) {
                std::vector<float> output(12'000);
                Permutation(spec, isa).run(input.data(), output.data(), threads);
                CHECK(output == first);
            }
        }
    }
}

TEST_CASE(an_output_of_labels_that_the_input_lacks_is_refused) {
    CHECK_THROWS(kadanoff::InvalidArgument, "[permute] expected labels of the output in the input, got 1",
                 (Permutation({DType::float64, {0}, {1}, {3, 3}, {1}, {1}})));
}

}  // namespace
