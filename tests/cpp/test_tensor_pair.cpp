#include <algorithm>
#include <complex>
#include <cstdint>
#include <random>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/tensor/pair.hpp"

namespace {

using kadanoff::DType;
using kadanoff::PairContraction;
using kadanoff::PairSpec;

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
