#include "tensor/network/relayout.hpp"

#include <algorithm>
#include <complex>

#include "tensor/network/program.hpp"
#include "tensor/network/tree.hpp"

namespace kadanoff::networks {

namespace {

/// Offsets of all values of an axis, added to what is there; the new axis is the slower one.
void extend(std::vector<std::int64_t>& offsets, std::int64_t extent, std::int64_t stride) {
    const std::size_t count = offsets.size();
    for (std::int64_t i = 1; i < extent; ++i) {
        for (std::size_t j = 0; j < count; ++j) offsets.push_back(offsets[j] + i * stride);
    }
}

}  // namespace

Relayout::Relayout(const Value& from, const Value& to, const std::vector<std::int64_t>& sizes, DType dtype)
    : dtype_(dtype), from_column_{0}, from_row_{0}, to_row_{0} {
    struct Axis {
        std::int64_t extent, from, to;
    };
    std::vector<Axis> axes;  // the fastest of the output first
    for (std::size_t i = to.labels.size(); i-- > 0;) {
        const auto place = std::find(from.labels.begin(), from.labels.end(), to.labels[i]);
        const auto from_stride = from.strides[static_cast<std::size_t>(place - from.labels.begin())];
        if (sizes[at(to.labels[i])] > 1) axes.push_back({sizes[at(to.labels[i])], from_stride, to.strides[i]});
    }
    const std::size_t line = 64 / size_of(dtype);
    const auto longest = static_cast<std::int64_t>(16 * line);
    while (!axes.empty() && from_column_.size() < line && axes.front().extent <= longest) {
        extend(from_column_, axes.front().extent, axes.front().from);
        axes.erase(axes.begin());
    }
    for (std::size_t rows = 1; rows < line && !axes.empty();) {
        const auto fastest =
            std::min_element(axes.begin(), axes.end(), [](const Axis& x, const Axis& y) { return x.from < y.from; });
        if (fastest->from >= static_cast<std::int64_t>(line) || fastest->extent > longest) break;
        extend(from_row_, fastest->extent, fastest->from);
        extend(to_row_, fastest->extent, fastest->to);
        rows *= static_cast<std::size_t>(fastest->extent);
        axes.erase(fastest);
    }
    for (auto x = axes.rbegin(); x != axes.rend(); ++x) {
        if (!loops_.empty() && loops_.back().a == x->extent * x->from && loops_.back().c == x->extent * x->to) {
            loops_.back() = {loops_.back().count * x->extent, x->from, 0, x->to};
        } else {
            loops_.push_back({x->extent, x->from, 0, x->to});
        }
    }
}

template <class Element>
void Relayout::copy(const Element* from, Element* to) const {
    const std::size_t columns = from_column_.size(), rows = from_row_.size();
    std::vector<std::int64_t> count(loops_.size(), 0);
    while (true) {
        for (std::size_t row = 0; row < rows; ++row) {
            const Element* in = from + from_row_[row];
            Element* out = to + to_row_[row];
            for (std::size_t j = 0; j < columns; ++j) out[j] = in[from_column_[j]];
        }
        std::size_t d = loops_.size();
        for (; d > 0; --d) {
            const NetworkLoop& loop = loops_[d - 1];
            from += loop.a;
            to += loop.c;
            if (++count[d - 1] < loop.count) break;
            count[d - 1] = 0;
            from -= loop.count * loop.a;
            to -= loop.count * loop.c;
        }
        if (d == 0) return;
    }
}

void Relayout::run(const void* from, void* to) const {
    switch (dtype_) {
        case DType::float32: return copy(static_cast<const float*>(from), static_cast<float*>(to));
        case DType::float64: return copy(static_cast<const double*>(from), static_cast<double*>(to));
        case DType::complex64:
            return copy(static_cast<const std::complex<float>*>(from), static_cast<std::complex<float>*>(to));
        case DType::complex128:
            return copy(static_cast<const std::complex<double>*>(from), static_cast<std::complex<double>*>(to));
    }
}

}  // namespace kadanoff::networks
