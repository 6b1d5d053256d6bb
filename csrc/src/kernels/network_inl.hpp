// Included once by each network_ISA.cpp, after network_bytes: what a register holds. The ODR contract of
// checkerboard_inl.hpp holds here too.

#include "kadanoff/config.hpp"
#include "kernels/network.hpp"

namespace kadanoff {
namespace {

using Index = std::int64_t;

template <class Real, int Lanes>
struct VectorOf {
    typedef Real type __attribute__((vector_size(sizeof(Real) * Lanes)));
};
template <class Real>
struct VectorOf<Real, 1> {
    using type = Real;
};
template <class Real, int Lanes>
using Vector = typename VectorOf<Real, Lanes>::type;

template <class Vec, class Real>
KADANOFF_LEAF Vec load(const Real* from) {
    Vec value;
    __builtin_memcpy(&value, from, sizeof value);
    return value;
}
template <class Vec, class Real>
KADANOFF_LEAF void store(Real* to, Vec value) {
    __builtin_memcpy(to, &value, sizeof value);
}

/// (re, im) of i times each number; pairs of lanes are numbers.
template <class Real, int Lanes>
KADANOFF_LEAF Vector<Real, Lanes> swap_parts(Vector<Real, Lanes> x) {
    if constexpr (Lanes == 2) {
        return __builtin_shufflevector(x, x, 1, 0);
    } else if constexpr (Lanes == 4) {
        return __builtin_shufflevector(x, x, 1, 0, 3, 2);
    } else if constexpr (Lanes == 8) {
        return __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
    } else {
        return __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    }
}
template <class Real, int Lanes>
KADANOFF_LEAF Vector<Real, Lanes> times_i(Vector<Real, Lanes> x) {
    Vector<Real, Lanes> sign{};
    KADANOFF_UNROLL
    for (int lane = 0; lane < Lanes; ++lane) sign[lane] = lane % 2 == 0 ? Real(-1) : Real(1);
    return swap_parts<Real, Lanes>(x) * sign;
}

/// Tile columns of c on [first, last) of a stretch, offsets in reals; b is packed as [k][part][column].
template <class Real, bool Complex, int Tile, int Lanes, int Unroll>
KADANOFF_LEAF Index stream_vectors(const Real* a, const Index* a_k, Index k, const Real* b, Real* c, const Index* c_n,
                                   Index first, Index last) {
    using Vec = Vector<Real, Lanes>;
    constexpr int parts = Complex ? 2 : 1;
    for (; first + Lanes * Unroll <= last; first += Lanes * Unroll) {
        Vec sum[Unroll][Tile * parts] = {};
        const Real* factor = b;
        for (Index i = 0; i < k; ++i, factor += Tile * parts) {
            const Real* from = a + a_k[i] * parts + first;
            KADANOFF_UNROLL
            for (int u = 0; u < Unroll; ++u) {
                const Vec x = load<Vec>(from + u * Lanes);
                KADANOFF_UNROLL
                for (int j = 0; j < Tile * parts; ++j) sum[u][j] += x * factor[j];
            }
        }
        KADANOFF_UNROLL
        for (int u = 0; u < Unroll; ++u) {
            KADANOFF_UNROLL
            for (int j = 0; j < Tile; ++j) {
                Real* to = c + c_n[j] * parts + first + u * Lanes;
                if constexpr (Complex) {
                    store(to, sum[u][j] + times_i<Real, Lanes>(sum[u][Tile + j]));
                } else {
                    store(to, sum[u][j]);
                }
            }
        }
    }
    return first;
}

template <class Real, bool Complex, int Tile, int Lanes>
KADANOFF_LEAF void stream_rest(const Real* a, const Index* a_k, Index k, const Real* b, Real* c, const Index* c_n,
                               Index first, Index last) {
    if (first == last) return;
    first = stream_vectors<Real, Complex, Tile, Lanes, 1>(a, a_k, k, b, c, c_n, first, last);
    if constexpr (Lanes > (Complex ? 2 : 1)) {
        stream_rest<Real, Complex, Tile, Lanes / 2>(a, a_k, k, b, c, c_n, first, last);
    }
}

template <class Real, bool Complex, int Tile>
__attribute__((noinline)) void stream_tile(const Real* a, const Index* a_k, Index k, const Real* b, Real* c,
                                           const Index* c_n, Index first, Index last) noexcept {
    constexpr int lanes = network_bytes / static_cast<int>(sizeof(Real));
    first = stream_vectors<Real, Complex, Tile, lanes, 2>(a, a_k, k, b, c, c_n, first, last);
    stream_rest<Real, Complex, Tile, lanes>(a, a_k, k, b, c, c_n, first, last);
}

/// Columns of the next tile: 8, 4, 2 or 1, half of that for complex numbers.
template <bool Complex>
KADANOFF_LEAF int tile_columns(Index left) {
    constexpr int most = Complex ? 4 : 8;
    return left >= most ? most : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

template <class Real, bool Complex>
KADANOFF_LEAF void pack(const NetworkJob& job, const Real* b, Real* packed) {
    constexpr int parts = Complex ? 2 : 1;
    for (Index n = 0; n < job.n;) {
        const int tile = tile_columns<Complex>(job.n - n);
        for (Index k = 0; k < job.k; ++k) {
            for (int part = 0; part < parts; ++part) {
                for (int j = 0; j < tile; ++j) *packed++ = b[(job.b_k[k] + job.b_n[n + j]) * parts + part];
            }
        }
        n += tile;
    }
}

template <class Real, bool Complex>
KADANOFF_LEAF void stream_row(const NetworkJob& job, const Real* a, const Real* packed, Real* c) {
    constexpr int parts = Complex ? 2 : 1;
    const Index length = job.length * parts;
    // What is read of a stays in the first-level cache for all columns.
    constexpr Index cached = 16384 / sizeof(Real), least = 2048 / sizeof(Real);
    const Index chunk = job.k * least > cached ? least : cached / job.k / least * least;
    for (Index first = 0; first < length; first += chunk) {
        const Index last = first + chunk < length ? first + chunk : length;
        const Real* b = packed;
        for (Index n = 0; n < job.n;) {
            const int tile = tile_columns<Complex>(job.n - n);
            switch (tile) {
                case 8:
                    stream_tile<Real, Complex, Complex ? 4 : 8>(a, job.a_k, job.k, b, c, job.c_n + n, first, last);
                    break;
                case 4: stream_tile<Real, Complex, 4>(a, job.a_k, job.k, b, c, job.c_n + n, first, last); break;
                case 2: stream_tile<Real, Complex, 2>(a, job.a_k, job.k, b, c, job.c_n + n, first, last); break;
                default: stream_tile<Real, Complex, 1>(a, job.a_k, job.k, b, c, job.c_n + n, first, last);
            }
            b += job.k * tile * parts;
            n += tile;
        }
    }
}

/// Where a loop over parts of the tensors is.
struct Odometer {
    Index count[network_loops];
    Index a = 0, b = 0, c = 0;

    KADANOFF_LEAF void start(const NetworkJob& job, Index index) {
        for (int d = job.depth - 1; d >= 0; --d) {
            count[d] = index % job.loops[d].count;
            index /= job.loops[d].count;
            a += count[d] * job.loops[d].a;
            b += count[d] * job.loops[d].b;
            c += count[d] * job.loops[d].c;
        }
    }
    KADANOFF_LEAF void next(const NetworkJob& job) {
        for (int d = job.depth - 1; d >= 0; --d) {
            const NetworkLoop& loop = job.loops[d];
            a += loop.a;
            b += loop.b;
            c += loop.c;
            if (++count[d] < loop.count) return;
            count[d] = 0;
            a -= loop.count * loop.a;
            b -= loop.count * loop.b;
            c -= loop.count * loop.c;
        }
    }
};

template <class Real, bool Complex>
void stream(const NetworkJob& job, const void* a_data, const void* b_data, void* c_data, void* packed_data, Index first,
            Index last) noexcept {
    constexpr int parts = Complex ? 2 : 1;
    const Real* a = static_cast<const Real*>(a_data);
    const Real* b = static_cast<const Real*>(b_data);
    Real* c = static_cast<Real*>(c_data);
    Real* packed = static_cast<Real*>(packed_data);
    Odometer at;
    at.start(job, first / job.rows.count);
    Index row = first % job.rows.count;
    Index packed_from = -1;
    while (first < last) {
        const Index stop = job.rows.count < row + last - first ? job.rows.count : row + last - first;
        first += stop - row;
        for (; row < stop; ++row) {
            const Index from = at.b + row * job.rows.b;
            if (from != packed_from) {
                packed_from = from;
                pack<Real, Complex>(job, b + from * parts, packed);
            }
            stream_row<Real, Complex>(job, a + (at.a + row * job.rows.a) * parts, packed,
                                      c + (at.c + row * job.rows.c) * parts);
        }
        row = 0;
        at.next(job);
    }
}

/// Both parts of each complex number become its real part, or its imaginary one.
template <class Real, int Lanes>
KADANOFF_LEAF Vector<Real, Lanes> both_parts(Vector<Real, Lanes> x, int part) {
    const Vector<Real, Lanes> swapped = swap_parts<Real, Lanes>(x);
    Vector<Real, Lanes> result = x;
    KADANOFF_UNROLL
    for (int lane = 0; lane < Lanes; ++lane) result[lane] = lane % 2 == part ? x[lane] : swapped[lane];
    return result;
}

template <class Real, bool Complex, int Lanes>
KADANOFF_LEAF void multiply_stretch(const NetworkJob& job, const Real* a, const Real* b, Real* c, Index first,
                                    Index last) {
    using Vec = Vector<Real, Lanes>;
    constexpr int parts = Complex ? 2 : 1;
    for (; first + Lanes <= last; first += Lanes) {
        for (Index n = 0; n < job.n; ++n) {
            Vec sum{}, other{};
            for (Index k = 0; k < job.k; ++k) {
                const Vec x = load<Vec>(a + job.a_k[k] * parts + first);
                const Vec y = load<Vec>(b + (job.b_k[k] + job.b_n[n]) * parts + first);
                if constexpr (Complex) {
                    sum += x * both_parts<Real, Lanes>(y, 0);
                    other += x * both_parts<Real, Lanes>(y, 1);
                } else {
                    sum += x * y;
                }
            }
            if constexpr (Complex) sum += times_i<Real, Lanes>(other);
            store(c + job.c_n[n] * parts + first, sum);
        }
    }
    if constexpr (Lanes > parts) {
        if (first < last) multiply_stretch<Real, Complex, Lanes / 2>(job, a, b, c, first, last);
    }
}

template <class Real, bool Complex>
void multiply(const NetworkJob& job, const void* a_data, const void* b_data, void* c_data, void*, Index first,
              Index last) noexcept {
    constexpr int lanes = network_bytes / static_cast<int>(sizeof(Real));
    constexpr int parts = Complex ? 2 : 1;
    const Real* a = static_cast<const Real*>(a_data);
    const Real* b = static_cast<const Real*>(b_data);
    Real* c = static_cast<Real*>(c_data);
    Odometer at;
    at.start(job, first / job.rows.count);
    Index row = first % job.rows.count;
    for (; first < last; ++first) {
        multiply_stretch<Real, Complex, lanes>(job, a + (at.a + row * job.rows.a) * parts,
                                               b + (at.b + row * job.rows.b) * parts,
                                               c + (at.c + row * job.rows.c) * parts, 0, job.length * parts);
        if (++row < job.rows.count) continue;
        row = 0;
        at.next(job);
    }
}

/// Adds to sums[row][column] of vectors: products of a stretch of a with one of b.
template <class Real, bool Complex, int Rows, int Columns>
KADANOFF_LEAF void reduce_tile(const Real* a, const Index* a_m, const Real* b, const Index* b_n, Index length,
                               Real* sums, Index row_length) {
    constexpr int lanes = network_bytes / static_cast<int>(sizeof(Real));
    constexpr int parts = Complex ? 2 : 1;
    using Vec = Vector<Real, lanes>;
    Vec sum[Rows][Columns][parts];
    for (int m = 0; m < Rows; ++m) {
        for (int n = 0; n < Columns; ++n) {
            for (int p = 0; p < parts; ++p) sum[m][n][p] = load<Vec>(sums + (m * row_length + n * parts + p) * lanes);
        }
    }
    for (Index i = 0; i < length; i += lanes) {
        const Index count = length - i < lanes ? length - i : lanes;
        Vec y[Columns], swapped[Columns];
        KADANOFF_UNROLL
        for (int n = 0; n < Columns; ++n) {
            const Real* from = b + b_n[n] * parts + i;
            y[n] = Vec{};
            if (count == lanes) {
                y[n] = load<Vec>(from);
            } else {
                __builtin_memcpy(&y[n], from, sizeof(Real) * static_cast<std::size_t>(count));
            }
            if constexpr (Complex) swapped[n] = swap_parts<Real, lanes>(y[n]);
        }
        KADANOFF_UNROLL
        for (int m = 0; m < Rows; ++m) {
            const Real* from = a + a_m[m] * parts + i;
            Vec x = {};
            if (count == lanes) {
                x = load<Vec>(from);
            } else {
                __builtin_memcpy(&x, from, sizeof(Real) * static_cast<std::size_t>(count));
            }
            KADANOFF_UNROLL
            for (int n = 0; n < Columns; ++n) {
                sum[m][n][0] += x * y[n];
                if constexpr (Complex) sum[m][n][1] += x * swapped[n];
            }
        }
    }
    for (int m = 0; m < Rows; ++m) {
        for (int n = 0; n < Columns; ++n) {
            for (int p = 0; p < parts; ++p) store(sums + (m * row_length + n * parts + p) * lanes, sum[m][n][p]);
        }
    }
}

template <class Real, bool Complex>
__attribute__((noinline)) void reduce_row(const NetworkJob& job, const Real* a, const Real* b, Real* sums) noexcept {
    constexpr int lanes = network_bytes / static_cast<int>(sizeof(Real));
    constexpr int parts = Complex ? 2 : 1;
    constexpr int most = Complex || network_bytes < 64 ? 2 : 4;
    const Index row_length = job.n * parts;
    const Index length = job.length * parts;
    for (Index m = 0; m < job.k; m += most) {
        for (Index n = 0; n < job.n; n += most) {
            Real* at = sums + (m * row_length + n * parts) * lanes;
            if (m + most <= job.k && n + most <= job.n) {
                reduce_tile<Real, Complex, most, most>(a, job.a_k + m, b, job.b_n + n, length, at, row_length);
                continue;
            }
            for (Index i = m; i < job.k && i < m + most; ++i) {
                for (Index j = n; j < job.n && j < n + most; ++j) {
                    reduce_tile<Real, Complex, 1, 1>(a, job.a_k + i, b, job.b_n + j, length,
                                                     sums + (i * row_length + j * parts) * lanes, row_length);
                }
            }
        }
    }
}

/// Sums of the lanes, and for complex numbers of what the products of their parts make.
template <class Real, bool Complex>
KADANOFF_LEAF void finish_sums(const NetworkJob& job, Real* sums, Real* c) {
    constexpr int lanes = network_bytes / static_cast<int>(sizeof(Real));
    constexpr int parts = Complex ? 2 : 1;
    for (Index m = 0; m < job.k; ++m) {
        for (Index n = 0; n < job.n; ++n) {
            const Real* sum = sums + (m * job.n + n) * parts * lanes;
            Real* to = c + (job.c_k[m] + job.c_n[n]) * parts;
            Real real = 0, imaginary = 0;
            for (int lane = 0; lane < lanes; ++lane) {
                real += Complex && lane % 2 == 1 ? -sum[lane] : sum[lane];
                if constexpr (Complex) imaginary += sum[lanes + lane];
            }
            to[0] = real;
            if constexpr (Complex) to[1] = imaginary;
        }
    }
}

/// The outermost loops are those that move c; each of their steps is a sum of its own.
template <class Real, bool Complex>
void reduce(const NetworkJob& job, const void* a_data, const void* b_data, void* c_data, void* packed) noexcept {
    constexpr int lanes = network_bytes / static_cast<int>(sizeof(Real));
    constexpr int parts = Complex ? 2 : 1;
    const Real* a = static_cast<const Real*>(a_data);
    const Real* b = static_cast<const Real*>(b_data);
    Real* c = static_cast<Real*>(c_data);
    Real* sums = static_cast<Real*>(packed);
    const Index size = job.k * job.n * parts * lanes;
    Index total = 1, inner = 1;
    for (int d = 0; d < job.depth; ++d) {
        total *= job.loops[d].count;
        inner = job.loops[d].c != 0 ? 1 : inner * job.loops[d].count;
    }
    Odometer at;
    at.start(job, 0);
    for (Index first = 0; first < total; first += inner) {
        __builtin_memset(sums, 0, sizeof(Real) * static_cast<std::size_t>(size));
        const Index place = at.c;
        for (Index i = 0; i < inner; ++i) {
            for (Index row = 0; row < job.rows.count; ++row) {
                reduce_row<Real, Complex>(job, a + (at.a + row * job.rows.a) * parts,
                                          b + (at.b + row * job.rows.b) * parts, sums);
            }
            at.next(job);
        }
        finish_sums<Real, Complex>(job, sums, c + place * parts);
    }
}

template <class Real, bool Complex>
double largest(const void* data, Index count) noexcept {
    constexpr int lanes = network_bytes / static_cast<int>(sizeof(Real));
    using Vec = Vector<Real, lanes>;
    const Real* values = static_cast<const Real*>(data);
    count *= Complex ? 2 : 1;
    Vec most{};
    Real top = 0;
    Index i = 0;
    for (; i + lanes <= count; i += lanes) {
        Vec x = load<Vec>(values + i);
        x = x < 0 ? -x : x;
        most = x > most ? x : most;
    }
    for (int lane = 0; lane < lanes; ++lane) top = most[lane] > top ? most[lane] : top;
    for (; i < count; ++i) {
        const Real x = values[i] < 0 ? -values[i] : values[i];
        top = x > top ? x : top;
    }
    return static_cast<double>(top);
}

template <class Real, bool Complex>
void scale(void* data, Index count, double factor) noexcept {
    Real* values = static_cast<Real*>(data);
    const Real f = static_cast<Real>(factor);
    for (Index i = 0; i < count * (Complex ? 2 : 1); ++i) values[i] *= f;
}

template <class Real, bool Complex>
NetworkKernel kernel() noexcept {
    return {stream<Real, Complex>, multiply<Real, Complex>, reduce<Real, Complex>, largest<Real, Complex>,
            scale<Real, Complex>};
}

KADANOFF_LEAF NetworkKernel select_network(DType dtype) {
    switch (dtype) {
        case DType::float32: return kernel<float, false>();
        case DType::float64: return kernel<double, false>();
        case DType::complex64: return kernel<float, true>();
        default: return kernel<double, true>();
    }
}

}  // namespace
}  // namespace kadanoff
