#include <algorithm>
#include <complex>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/tensor/pair.hpp"

namespace {

using kadanoff::DType;
using kadanoff::PairContraction;
using kadanoff::PairSpec;

using kadanoff::Isa;

/// What the library must compute, of numbers small enough for every sum to be exact in float32.
template <class T>
class Pair {
public:
    Pair(PairSpec spec, std::mt19937& random) : spec_(std::move(spec)), random_(random) {
        left_ = tensor(spec_.left, spec_.left_strides, left_start_);
        right_ = tensor(spec_.right, spec_.right_strides, right_start_);
        output_ = tensor(spec_.output, spec_.output_strides, output_start_);
        labels_ = spec_.output;
        for (const std::vector<int>* labels : {&spec_.left, &spec_.right}) {
            for (const int label : *labels) {
                if (std::find(labels_.begin(), labels_.end(), label) == labels_.end()) labels_.push_back(label);
            }
        }
        expected_ = output_;
        loop(0, left_start_, right_start_, output_start_, true);
        loop(0, left_start_, right_start_, output_start_, false);
    }

    const PairSpec& spec() const { return spec_; }
    const std::vector<T>& expected() const { return expected_; }

    std::vector<T> contract(Isa isa, int threads) const {
        const PairContraction contraction(spec_, isa);
        std::vector<T> output = output_;
        std::vector<unsigned char> workspace(contraction.workspace_bytes(threads) + 1);
        contraction.run(left_.data() + left_start_, right_.data() + right_start_, output.data() + output_start_,
                        workspace.data() + 1, threads);
        return output;
    }

    /// Changes the first element of the left tensor behind the back of what is expected.
    void spoil() { left_[static_cast<std::size_t>(left_start_)] += T{1}; }

private:
    /// A tensor whose axes lie in any order and direction, with gaps; `start` is its first element.
    std::vector<T> tensor(const std::vector<int>& labels, std::vector<std::int64_t>& strides, std::int64_t& start) {
        const auto draw = [&](int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); };
        std::vector<std::size_t> order(labels.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::shuffle(order.begin(), order.end(), random_);
        strides.assign(labels.size(), 0);
        std::int64_t size = draw(8) == 0 ? 2 : 1;
        start = 0;
        for (const std::size_t i : order) {
            const std::int64_t extent = spec_.extents[static_cast<std::size_t>(labels[i])];
            strides[i] = size;
            if (draw(5) == 0) {
                strides[i] = -size;
                start += size * std::max<std::int64_t>(extent - 1, 0);
            }
            size = size * std::max<std::int64_t>(extent, 1) + (draw(4) == 0 ? draw(5) : 0);
        }
        std::vector<T> result(static_cast<std::size_t>(size));
        for (T& x : result) x = number(x);
        return result;
    }

    template <class R>
    R number(R) {
        return static_cast<R>(static_cast<int>(random_() % 9) - 4);
    }
    template <class R>
    std::complex<R> number(std::complex<R>) {
        const R re = number(R{});
        return {re, number(R{})};
    }

    void loop(std::size_t depth, std::int64_t l, std::int64_t r, std::int64_t o, bool clear) {
        if (depth == labels_.size()) {
            T& out = expected_[static_cast<std::size_t>(o)];
            out = clear ? T{} : out + left_[static_cast<std::size_t>(l)] * right_[static_cast<std::size_t>(r)];
            return;
        }
        const int label = labels_[depth];
        const auto stride = [&](const std::vector<int>& labels, const std::vector<std::int64_t>& strides) {
            const auto at = std::find(labels.begin(), labels.end(), label);
            return at == labels.end() ? 0 : strides[static_cast<std::size_t>(at - labels.begin())];
        };
        const std::int64_t dl = stride(spec_.left, spec_.left_strides), dr = stride(spec_.right, spec_.right_strides),
                           out = stride(spec_.output, spec_.output_strides);
        const bool summed = depth >= spec_.output.size();
        const std::int64_t extent = clear && summed ? 1 : spec_.extents[static_cast<std::size_t>(label)];
        for (std::int64_t i = 0; i < extent; ++i) loop(depth + 1, l + i * dl, r + i * dr, o + i * out, clear);
    }

    PairSpec spec_;
    std::mt19937& random_;
    std::vector<T> left_, right_, output_, expected_;
    std::vector<int> labels_;
    std::int64_t left_start_ = 0, right_start_ = 0, output_start_ = 0;
};

/// Labels of random roles, with extents that cut blocks, panels and vectors where it hurts.
PairSpec random_spec(DType dtype, double most_work, std::mt19937& random) {
    const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    constexpr std::int64_t extents[] = {1, 2, 2, 2, 3, 4, 5, 7, 8, 13, 16, 17, 24, 33, 50, 72, 100, 400, 700};
    PairSpec spec;
    spec.dtype = dtype;
    double work = 1;
    const int labels = 1 + draw(9);
    for (int label = 0; label < labels; ++label) {
        std::int64_t extent = extents[static_cast<std::size_t>(draw(19))];
        if (work * static_cast<double>(extent) > most_work) extent = draw(2) + 1;
        if (draw(150) == 0) extent = 0;
        work *= static_cast<double>(std::max<std::int64_t>(extent, 1));
        spec.extents.push_back(extent);
        const int role = draw(16);  // summed, left, right, batch; or in one operand alone
        const bool left = role < 10 || role == 14, right = role < 5 || role >= 10;
        if (left && role != 15) spec.left.push_back(label);
        if (right && role != 14) spec.right.push_back(label);
        if ((role >= 5 && role < 14) || role == 0) spec.output.push_back(label);
    }
    for (std::vector<int>* order : {&spec.left, &spec.right, &spec.output}) {
        std::shuffle(order->begin(), order->end(), random);
    }
    return spec;
}

std::string describe(const PairSpec& spec) {
    std::ostringstream text;
    const auto labels = [&](const std::vector<int>& list) {
        for (const int label : list) text << static_cast<char>('a' + label);
        text << ' ';
    };
    labels(spec.left);
    labels(spec.right);
    labels(spec.output);
    for (const std::int64_t extent : spec.extents) text << extent << ' ';
    return text.str();
}

template <class T>
void compare_random_pairs(DType dtype, int count, double most_work) {
    std::mt19937 random(17);
    for (int i = 0; i < count; ++i) {
        const Pair<T> pair(random_spec(dtype, most_work, random), random);
        for (const Isa isa : kadanoff::available_isas()) {
            const bool equal = pair.contract(isa, 1) == pair.expected() && pair.contract(isa, 2) == pair.expected();
            if (!check::report(equal, __FILE__, __LINE__, describe(pair.spec()) + kadanoff::name(isa))) return;
        }
    }
}

TEST_CASE(random_pairs_equal_the_direct_sum) {
    compare_random_pairs<float>(DType::float32, 150, 1e5);
    compare_random_pairs<double>(DType::float64, 150, 1e5);
    compare_random_pairs<std::complex<float>>(DType::complex64, 100, 1e5);
    compare_random_pairs<std::complex<double>>(DType::complex128, 100, 1e5);
}

TEST_CASE(a_planted_fault_is_caught) {
    std::mt19937 random(3);
    PairSpec spec{DType::float32, {0, 1}, {1, 2}, {0, 2}, {100, 50, 70}, {}, {}, {}};
    Pair<float> pair(spec, random);
    CHECK(pair.contract(kadanoff::active_isa(), 1) == pair.expected());
    pair.spoil();
    CHECK(pair.contract(kadanoff::active_isa(), 1) != pair.expected());
}

/// Numbers in (-1, 1), whose sums round.
template <class T>
std::vector<T> noise(std::mt19937& random) {
    std::vector<T> result(400'000);
    for (T& x : result) x = std::uniform_real_distribution<T>(-1, 1)(random);
    return result;
}

template <class T>
void compare_threads(const std::vector<PairSpec>& specs) {
    std::mt19937 random(11);
    const std::vector<T> left = noise<T>(random), right = noise<T>(random);
    for (const PairSpec& spec : specs) {
        for (const Isa isa : kadanoff::available_isas()) {
            const PairContraction contraction(spec, isa);
            std::vector<T> alone(400'000), shared(400'000);
            contraction.run(left.data(), right.data(), alone.data());
            for (const int threads : {2, 3, 5}) {
                contraction.run(left.data(), right.data(), shared.data(), nullptr, threads);
                CHECK(alone == shared);
            }
        }
    }
}

/// Shapes that are shared out by rows, columns and batches, in one and in several blocks.
TEST_CASE(bits_do_not_depend_on_threads) {
    using enum DType;
    compare_threads<float>({
        {float32, {0, 1}, {1, 2}, {0, 2}, {400, 900, 30}, {900, 1}, {30, 1}, {30, 1}},
        {float32, {0, 1}, {1, 2}, {0, 2}, {30, 900, 400}, {900, 1}, {400, 1}, {400, 1}},
        {float32, {0, 1, 2}, {1, 3}, {0, 2, 3}, {60, 70, 90, 20}, {6300, 90, 1}, {20, 1}, {1, 1200, 60}},
    });
    compare_threads<double>({
        {float64, {0, 1}, {1, 2}, {2, 0}, {300, 100, 301}, {1, 300}, {301, 1}, {300, 1}},
        {float64, {3, 0, 1}, {3, 1, 2}, {3, 0, 2}, {40, 40, 40, 99}, {1600, 40, 1}, {1600, 40, 1}, {1600, 40, 1}},
    });
}

TEST_CASE(small_pairs_equal_the_direct_sum) {
    compare_random_pairs<float>(DType::float32, 500, 400);
    compare_random_pairs<double>(DType::float64, 500, 400);
    compare_random_pairs<std::complex<float>>(DType::complex64, 300, 400);
    compare_random_pairs<std::complex<double>>(DType::complex128, 300, 400);
}

TEST_CASE(large_pairs_equal_the_direct_sum) {
    compare_random_pairs<float>(DType::float32, 8, 3e6);
    compare_random_pairs<double>(DType::float64, 8, 3e6);
    compare_random_pairs<std::complex<float>>(DType::complex64, 5, 2e6);
    compare_random_pairs<std::complex<double>>(DType::complex128, 5, 2e6);
}

TEST_CASE(a_matrix_product) {
    PairSpec spec{DType::float64, {0, 1}, {1, 2}, {0, 2}, {2, 3, 2}, {3, 1}, {2, 1}, {2, 1}};
    const std::vector<double> a{1, 2, 3, 4, 5, 6}, b{1, 2, 3, 4, 5, 6};
    std::vector<double> c(4);
    PairContraction(spec).run(a.data(), b.data(), c.data());
    CHECK(c == (std::vector<double>{22, 28, 49, 64}));
    spec.output = {2, 0};
    PairContraction(spec).run(a.data(), b.data(), c.data());
    CHECK(c == (std::vector<double>{22, 49, 28, 64}));
}

TEST_CASE(what_does_not_belong_together_is_refused) {
    const PairSpec good{DType::float64, {0, 1}, {1, 2}, {0, 2}, {2, 3, 2}, {3, 1}, {2, 1}, {2, 1}};
    PairSpec spec = good;
    spec.left_strides = {1};
    CHECK_THROWS(kadanoff::InvalidArgument,
                 "[contract] expected one stride for each of the 2 axes of the left tensor, got 1",
                 (PairContraction(spec)));
    spec = good;
    spec.right = {1, 3};
    CHECK_THROWS(kadanoff::InvalidArgument, "[contract] expected labels in [0, 3) of the right tensor, got 3",
                 (PairContraction(spec)));
    spec = good;
    spec.output = {2, 2};
    CHECK_THROWS(kadanoff::InvalidArgument, "[contract] expected distinct labels of the output, got 2 twice",
                 (PairContraction(spec)));
    spec = good;
    spec.extents[1] = -1;
    CHECK_THROWS(kadanoff::InvalidArgument,
                 "[contract] expected extents that are not negative of the left tensor, got -1",
                 (PairContraction(spec)));
    spec = good;
    spec.extents.push_back(2);
    spec.output = {0, 3};
    CHECK_THROWS(kadanoff::InvalidArgument, "[contract] expected labels of the output in an operand, got 3 in neither",
                 (PairContraction(spec)));
}

}  // namespace
