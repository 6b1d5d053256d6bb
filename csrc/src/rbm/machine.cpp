#include "rbm/machine.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <string>
#include <type_traits>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/update/rbm_registers.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

constexpr std::int64_t largest_layer = std::int64_t{1} << 20;
constexpr double fixed16_scale_of_nothing = 0x1p40;    ///< all weights 0: any beta is small enough
constexpr std::int64_t min_parallel_weights = 100000;  ///< that are tabulated slower than a thread starts
constexpr double largest_sum = 1e38;                   ///< of sizes; float32 ends at 3.4e38

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

Encoding encoding(Units units) { return units == Units::spin ? Encoding{2.0, -1.0} : Encoding{1.0, 0.0}; }

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// The nearest integer, as int16 in 16 bits. Adding 1.5 2^52 puts it into the last bits of a double.
std::uint32_t rounded16(double x) {
    return static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(x + 0x1.8p52)) & 0xFFFFu;
}

/// Writes a row of numbers.
template <class Number>
void write_row(std::uint32_t* row, const Number* numbers, std::int64_t count, double factor, bool fixed16,
               double scale) {
    if (!fixed16) {
        for (std::int64_t j = 0; j < count; ++j) {
            row[j] = std::bit_cast<std::uint32_t>(static_cast<float>(factor * static_cast<double>(numbers[j])));
        }
        return;
    }
    const auto number = [&](std::int64_t j) { return rounded16(scale * (factor * static_cast<double>(numbers[j]))); };
    for (std::int64_t j = 0; j + 1 < count; j += 2) row[j / 2] = number(j) | number(j + 1) << 16;
    if (count % 2 != 0) row[count / 2] = number(count - 1);
}

/// The columns of `from` as rows of `to`.
void transpose(const RbmDirection& from, RbmDirection& to, bool fixed16) {
    constexpr std::int64_t block = 16;
    const std::uint32_t* in = from.rows.data();
    std::uint32_t* out = to.rows.data();
    for (std::int64_t i = 0; i < from.inputs; i += block) {
        const std::int64_t i_end = std::min(i + block, from.inputs);
        for (std::int64_t j = 0; j < from.units; j += block) {
            const std::int64_t j_end = std::min(j + block, from.units);
            for (std::int64_t b = j; b < j_end; ++b) {
                if (!fixed16) {
                    for (std::int64_t a = i; a < i_end; ++a) out[b * to.row_stride + a] = in[a * from.row_stride + b];
                    continue;
                }
                const auto number = [&](std::int64_t a) {
                    return a < i_end ? in[a * from.row_stride + b / 2] >> (16 * (b % 2)) & 0xFFFFu : 0u;
                };
                for (std::int64_t a = i; a < i_end; a += 2) {
                    out[b * to.row_stride + a / 2] = number(a) | number(a + 1) << 16;
                }
            }
        }
    }
}

RbmDirection make_direction(std::int64_t inputs, std::int64_t units, bool fixed16, const RbmKernel& kernel) {
    const int together = fixed16 ? Fixed16Sums<WordOps>::inputs : Float32Sums<WordOps>::inputs;
    const std::int64_t groups = (inputs + together - 1) / together;
    const std::int64_t stride = round_up(units, rbm_padding) / (fixed16 ? 2 : 1);
    const std::int64_t table = kernel.fill == nullptr ? 0 : round_up(units, kernel.tile) * groups * 16;
    check_memory(4.0 * static_cast<double>(groups * together * stride + table));
    return {inputs,
            units,
            groups,
            stride,
            AlignedWords(at(groups * together * stride)),
            AlignedWords(at(stride)),
            AlignedWords(at(table))};
}

/// max(x, 0) with no branch, which the processor could not foresee.
double positive_part(double x) { return 0.5 * (x + std::fabs(x)); }

/// Sums of positive terms that units can see, and of negative ones.
struct SignedSums {
    std::vector<double> up, down;

    explicit SignedSums(const std::vector<double>& biases) {
        for (const double bias : biases) {
            up.push_back(positive_part(bias));
            down.push_back(positive_part(-bias));
        }
    }
    double largest() const {
        return std::max(*std::max_element(up.begin(), up.end()), *std::max_element(down.begin(), down.end()));
    }
};

/// Adds `Rows` rows of weights from `weights` on to the sums of their units; one row alone would wait for itself.
template <int Rows>
void add_rows(const float* weights, std::int64_t count, double factor, double* up, double* down) {
    double first[Rows], second[Rows];
    std::copy_n(up, Rows, first);
    std::copy_n(down, Rows, second);
    for (std::int64_t j = 0; j < count; ++j) {
        for (int r = 0; r < Rows; ++r) {
            const double term = factor * static_cast<double>(weights[r * count + j]);
            first[r] += positive_part(term);
            second[r] += positive_part(-term);
        }
    }
    std::copy_n(first, Rows, up);
    std::copy_n(second, Rows, down);
}

/// The largest of such sums in either layer.
double largest_sum_of(const Rbm& rbm, double factor, const std::vector<double>& visible_bias,
                      const std::vector<double>& hidden_bias) {
    SignedSums visible(visible_bias), hidden(hidden_bias);
    double *up = hidden.up.data(), *down = hidden.down.data();
    for (std::int64_t i = 0; i < rbm.visible; ++i) {
        const float* row = rbm.weights.data() + i * rbm.hidden;
        for (std::int64_t j = 0; j < rbm.hidden; ++j) {
            const double term = factor * static_cast<double>(row[j]);
            up[j] += positive_part(term);
            down[j] += positive_part(-term);
        }
    }
    std::int64_t i = 0;
    const auto add = [&]<int Rows>(std::integral_constant<int, Rows>) {
        add_rows<Rows>(rbm.weights.data() + i * rbm.hidden, rbm.hidden, factor, visible.up.data() + i,
                       visible.down.data() + i);
        i += Rows;
    };
    while (i + 8 <= rbm.visible) add(std::integral_constant<int, 8>{});
    while (i < rbm.visible) add(std::integral_constant<int, 1>{});
    return std::max(visible.largest(), hidden.largest());
}

/// Bits of the largest size; sizes beyond those of finite numbers are larger than any.
std::uint32_t largest_bits(const std::vector<float>& numbers) {
    std::int32_t result = 0;
    for (const float number : numbers) {
        result = std::max(result, static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(number) & 0x7FFFFFFFu));
    }
    return static_cast<std::uint32_t>(result);
}

/// Whether the terms of a unit surely add up to little, without looking at every unit.
bool surely_small(const Rbm& rbm) {
    const std::uint32_t bits =
        std::max({largest_bits(rbm.weights), largest_bits(rbm.visible_bias), largest_bits(rbm.hidden_bias)});
    const auto units = static_cast<double>(std::max(rbm.visible, rbm.hidden));
    return bits < 0x7F800000u && (2.0 + 6.0 * units) * std::bit_cast<float>(bits) <= largest_sum;
}

void check_count(const char* what, const std::vector<float>& numbers, std::int64_t count) {
    if (static_cast<std::int64_t>(numbers.size()) != count) {
        throw InvalidArgument(std::string("[RBM] expected ") + std::to_string(count) + " " + what + ", got " +
                              std::to_string(numbers.size()));
    }
}

void check_finite(const char* what, const std::vector<float>& numbers) {
    for (const float number : numbers) {
        if (!std::isfinite(number)) {
            throw InvalidArgument(std::string("[RBM] expected finite ") + what + ", got " + text(number));
        }
    }
}

}  // namespace

void check_rbm(const Rbm& rbm) {
    for (const std::int64_t units : {rbm.visible, rbm.hidden}) {
        if (units < 1 || units > largest_layer) {
            throw InvalidArgument("[RBM] expected 1 to 2^20 units in a layer, got " + std::to_string(units));
        }
    }
    check_count("weights", rbm.weights, rbm.visible * rbm.hidden);
    check_count("visible biases", rbm.visible_bias, rbm.visible);
    check_count("hidden biases", rbm.hidden_bias, rbm.hidden);
    if (surely_small(rbm)) return;
    check_finite("weights", rbm.weights);
    check_finite("visible biases", rbm.visible_bias);
    check_finite("hidden biases", rbm.hidden_bias);
    std::vector<double> visible(rbm.visible_bias.size()), hidden(rbm.hidden_bias.size());
    for (std::size_t i = 0; i < visible.size(); ++i) {
        for (std::size_t j = 0; j < hidden.size(); ++j) {
            const double size = std::fabs(static_cast<double>(rbm.weights[i * hidden.size() + j]));
            visible[i] += size;
            hidden[j] += size;
        }
    }
    double largest = 0.0;  // units of -1 and 1 enlarge weights fourfold, biases by the sum of all weights
    for (std::size_t i = 0; i < visible.size(); ++i) {
        largest = std::max(largest, 2.0 * std::fabs(static_cast<double>(rbm.visible_bias[i])) + 6.0 * visible[i]);
    }
    for (std::size_t j = 0; j < hidden.size(); ++j) {
        largest = std::max(largest, 2.0 * std::fabs(static_cast<double>(rbm.hidden_bias[j])) + 6.0 * hidden[j]);
    }
    if (largest > largest_sum) {
        throw InvalidArgument("[RBM] expected weights and biases of a unit that add up to at most 1e37, got about " +
                              text(static_cast<double>(static_cast<float>(largest / 6.0))));
    }
}

std::int64_t padded_units(std::int64_t units) { return round_up(units, rbm_padding) + rbm_input_slack; }

void RbmDirection::place(RbmJob& job) const {
    job.groups = groups;
    job.rows = rows.data();
    job.row_stride = row_stride;
    job.bias = bias.data();
    job.tables = tables.data();
}

BinaryRbm::BinaryRbm(const Rbm& given, Precision precision)
    : rbm(given),
      encoding{kadanoff::encoding(given.visible_units), kadanoff::encoding(given.hidden_units)},
      factor(encoding[0].factor * encoding[1].factor),
      visible_bias(rbm.visible_bias.begin(), rbm.visible_bias.end()),
      hidden_bias(rbm.hidden_bias.begin(), rbm.hidden_bias.end()) {
    const bool v_spin = rbm.visible_units == Units::spin, h_spin = rbm.hidden_units == Units::spin;
    if (v_spin) offset -= std::accumulate(visible_bias.begin(), visible_bias.end(), 0.0);
    if (h_spin) offset -= std::accumulate(hidden_bias.begin(), hidden_bias.end(), 0.0);
    if (v_spin && h_spin) offset += std::accumulate(rbm.weights.begin(), rbm.weights.end(), 0.0);
    for (std::int64_t i = 0; (v_spin || h_spin) && i < rbm.visible; ++i) {
        const float* row = rbm.weights.data() + i * rbm.hidden;
        for (std::int64_t j = 0; v_spin && j < rbm.hidden; ++j) hidden_bias[at(j)] -= static_cast<double>(row[j]);
        for (std::int64_t j = 0; h_spin && j < rbm.hidden; ++j) visible_bias[at(i)] -= static_cast<double>(row[j]);
    }
    for (double& a : visible_bias) a *= encoding[0].factor;
    for (double& b : hidden_bias) b *= encoding[1].factor;
    if (precision == Precision::fixed16) scale = fixed16_scale();
}

/// With half a unit for the rounding of each term, no sum leaves int16.
double BinaryRbm::fixed16_scale() const {
    const std::int64_t units = std::max(rbm.visible, rbm.hidden);
    if (units > 32767) {
        throw InvalidArgument("[GibbsSampler] expected at most 32767 units in a layer for fixed16, got " +
                              std::to_string(units));
    }
    const double room = 32767.0 - (static_cast<double>(units) + 1.0) / 2.0;
    const double largest = largest_sum_of(rbm, factor, visible_bias, hidden_bias);
    return largest == 0.0 ? fixed16_scale_of_nothing : room / largest;
}

RbmMachine::RbmMachine(const Rbm& rbm, Precision precision, const RbmKernel& kernel)
    : RbmMachine(BinaryRbm(rbm, precision), precision, kernel) {}

RbmMachine::RbmMachine(const BinaryRbm& binary, Precision precision, const RbmKernel& kernel)
    : fixed16_(precision == Precision::fixed16), kernel_(kernel) {
    const std::int64_t visible = binary.rbm.visible, hidden = binary.rbm.hidden;
    direction_.push_back(make_direction(visible, hidden, fixed16_, kernel));
    direction_.push_back(make_direction(hidden, visible, fixed16_, kernel));
    visible_terms_.resize(at(visible));
    assign(binary);
    make_ready(false, 1);
    make_ready(true, 1);
}

void RbmMachine::assign(const BinaryRbm& binary) noexcept {
    scale_ = binary.scale;
    offset_ = binary.offset;
    std::copy_n(binary.encoding, 2, encoding_);
    const auto write = [&](std::uint32_t* row, const auto* numbers, std::int64_t count, double factor) {
        write_row(row, numbers, count, factor, fixed16_, scale_);
    };
    RbmDirection& to_hidden = direction_[0];
    for (std::int64_t i = 0; i < to_hidden.inputs; ++i) {
        const float* weights = binary.rbm.weights.data() + i * to_hidden.units;
        write(to_hidden.rows.data() + i * to_hidden.row_stride, weights, to_hidden.units, binary.factor);
    }
    write(to_hidden.bias.data(), binary.hidden_bias.data(), to_hidden.units, 1.0);
    write(direction_[1].bias.data(), binary.visible_bias.data(), direction_[1].units, 1.0);
    for (std::size_t i = 0; i < visible_terms_.size(); ++i) {
        const double term = binary.visible_bias[i];
        visible_terms_[i] = fixed16_ ? std::nearbyint(scale_ * term) / scale_ : static_cast<float>(term);
    }
    ready_[0] = ready_[1] = false;
}

void RbmMachine::make_ready(bool visible, int threads) {
    if (ready_[visible]) return;
    RbmDirection& direction = direction_[visible];
    if (visible) transpose(direction_[0], direction, fixed16_);
    if (kernel_.fill != nullptr) {
        RbmJob job{};
        direction.place(job);
        const std::int64_t tiles = round_up(direction.units, kernel_.tile) / kernel_.tile;
        const int workers = direction.units * direction.inputs < min_parallel_weights
                                ? 1
                                : static_cast<int>(std::min<std::int64_t>(tiles, threads));
        run_parallel(workers, [&](int worker) {
            const std::int64_t first = tiles * worker / workers, last = tiles * (worker + 1) / workers;
            kernel_.fill(job, first * kernel_.tile, last * kernel_.tile, direction.tables.data());
        });
    }
    ready_[visible] = true;
}

}  // namespace kadanoff
