// Part of gemm_inl.hpp: matrix products that are too small to be packed.

namespace kadanoff {
namespace {

/// Sums of a tile of real numbers.
template <class Real, int Vectors, int Columns>
struct RealSums {
    using Number = typename Real::Number;
    typename Real::Vector sums[Vectors][Columns];

    /// -0 is the number that changes no other one.
    KADANOFF_LEAF void clear() {
        const Number start = -Number{0};
        KADANOFF_UNROLL
        for (int v = 0; v < Vectors; ++v) {
            KADANOFF_UNROLL
            for (int j = 0; j < Columns; ++j) sums[v][j] = Real::broadcast(&start);
        }
    }
    KADANOFF_LEAF void add(const typename Real::Vector (&x)[Vectors], const Number* b, std::int64_t column) {
        KADANOFF_UNROLL
        for (int j = 0; j < Columns; ++j) {
            const typename Real::Vector y = Real::broadcast(b + j * column);
            KADANOFF_UNROLL
            for (int v = 0; v < Vectors; ++v) sums[v][j] = Real::multiply_add(x[v], y, sums[v][j]);
        }
    }
    KADANOFF_LEAF typename Real::Vector total(int v, int j) const { return sums[v][j]; }
};

/// Sums of a tile of (re, im) pairs: of what the real parts of B have a share in, and of the rest, its parts exchanged.
template <class Real, int Vectors, int Columns>
struct ComplexSums {
    using Number = typename Real::Number;
    RealSums<Real, Vectors, Columns> same, crossed;

    KADANOFF_LEAF void clear() {
        same.clear();
        crossed.clear();
    }
    KADANOFF_LEAF void add(const typename Real::Vector (&x)[Vectors], const Number* b, std::int64_t column) {
        typename Real::Vector turned[Vectors];
        KADANOFF_UNROLL
        for (int v = 0; v < Vectors; ++v) turned[v] = Real::swap_pairs(x[v]);
        same.add(x, b, column);
        crossed.add(turned, b + 1, column);
    }
    KADANOFF_LEAF typename Real::Vector total(int v, int j) const {
        return Real::subtract_add(same.sums[v][j], crossed.sums[v][j]);
    }
};

/// What a tile brings near for a later product: `lines`, from `offset` bytes behind the tile on.
struct Fetch {
    std::int64_t offset = 0, lines = 0;

    KADANOFF_LEAF void bring(const void* tile) const {
        const char* const at = static_cast<const char*>(tile) + offset;
        for (std::int64_t line = 0; line < lines; ++line) __builtin_prefetch(at + 64 * line, 0, 3);
    }
};

/// A tile of each of many products.
struct SmallTileJob {
    ProductRun run;
    std::uint32_t mask;  ///< lanes of the last vector, where that is not full
    Fetch a, b, c;
};

template <class Sums, class Real, int Vectors, int Columns, bool Masked>
void multiply_small_tile(const SmallTileJob& tile_job) noexcept {
    using Number = typename Real::Number;
    const ProductRun& job = tile_job.run;
    const std::uint32_t mask = tile_job.mask;
    const Number* a = static_cast<const Number*>(job.a);
    const Number* b = static_cast<const Number*>(job.b);
    Number* c = static_cast<Number*>(job.c);
    for (std::int64_t n = 0; n < job.count; ++n, a += job.a_next, b += job.b_next, c += job.c_next) {
        tile_job.a.bring(a);
        tile_job.b.bring(b);
        tile_job.c.bring(c);
        Sums tile;
        tile.clear();
        const Number* x = a;
        const Number* y = b;
        for (std::int64_t k = job.depth; k > 0; --k, x += job.a_step, y += job.b_step) {
            typename Real::Vector vectors[Vectors];
            KADANOFF_UNROLL
            for (int v = 0; v < Vectors; ++v) {
                const Number* const from = x + v * Real::lanes;
                vectors[v] = Masked && v == Vectors - 1 ? Real::load(from, mask) : Real::load(from);
            }
            tile.add(vectors, y, job.b_column);
        }
        KADANOFF_UNROLL
        for (int j = 0; j < Columns; ++j) {
            KADANOFF_UNROLL
            for (int v = 0; v < Vectors; ++v) {
                Number* const to = c + j * job.c_column + v * Real::lanes;
                if (Masked && v == Vectors - 1) {
                    Real::store(to, mask, tile.total(v, j));
                } else {
                    Real::store(to, tile.total(v, j));
                }
            }
        }
    }
}

/// Tiles of `Vectors` vectors by `Columns` columns, and lower ones that are wider.
template <int Vectors, int Columns>
struct SmallTiles {
    static constexpr int widest = 2 * Columns;
    static constexpr int most_columns(int vectors) {
        return Vectors * Columns / vectors < widest ? Vectors * Columns / vectors : widest;
    }
    using Tile = void (*)(const SmallTileJob& job) noexcept;
    Tile tile[Vectors][widest][2];  ///< for vectors - 1, columns - 1, and whether the last vector has a mask
};

template <template <class, int, int> class Sums, class Real, int V, int C, int Vectors, int Columns>
constexpr void fill_small_tiles(SmallTiles<Vectors, Columns>& tiles) {
    tiles.tile[V - 1][C - 1][0] = multiply_small_tile<Sums<Real, V, C>, Real, V, C, false>;
    tiles.tile[V - 1][C - 1][1] = multiply_small_tile<Sums<Real, V, C>, Real, V, C, true>;
    if constexpr (C > 1) {
        fill_small_tiles<Sums, Real, V, C - 1>(tiles);
    } else if constexpr (V > 1) {
        fill_small_tiles<Sums, Real, V - 1, tiles.most_columns(V - 1)>(tiles);
    }
}

/// Cuts products into tiles of one size, as nearly as may be.
template <class Real, int Vectors, int Columns>
struct SmallCut {
    using Number = typename Real::Number;
    const ProductRun& job;
    std::int64_t vectors = (job.rows + Real::lanes - 1) / Real::lanes;
    std::int64_t high = (vectors + Vectors - 1) / Vectors;
    std::int64_t most = SmallTiles<Vectors, Columns>::most_columns(static_cast<int>((vectors + high - 1) / high));
    std::int64_t wide = (job.columns + most - 1) / most;

    /// Products that stay in the first-level cache until their last tile is done.
    KADANOFF_LEAF std::int64_t together() const {
        constexpr std::int64_t near = 24576 / sizeof(Number);
        const std::int64_t numbers = job.rows * job.depth + job.columns * (job.rows + job.depth);
        return high * wide == 1 ? job.count : numbers < near ? near / numbers : 1;
    }

    /// This tile's share of an operand `ahead` products further, which is dense; `inside`: where the tile begins in it.
    KADANOFF_LEAF Fetch fetch(std::int64_t next, std::int64_t ahead, std::int64_t tile, std::int64_t inside) const {
        constexpr std::int64_t size = sizeof(Number), most_bytes = 16384;
        const std::int64_t bytes = next * size, lines = (bytes + 63) / 64, tiles = high * wide;
        if (!job.far || tiles == 1 || bytes <= 0 || bytes > most_bytes) return {};
        const std::int64_t first = lines * tile / tiles;
        return {ahead * bytes + first * 64 - inside * size, lines * (tile + 1) / tiles - first};
    }
};

/// Some products at a time, all of them tile by tile.
template <template <class, int, int> class Sums, class Real, int Vectors, int Columns>
void multiply_small(const ProductRun& job) noexcept {
    using Number = typename Real::Number;
    static constexpr SmallTiles<Vectors, Columns> tiles = [] {
        SmallTiles<Vectors, Columns> filled{};
        fill_small_tiles<Sums, Real, Vectors, Columns>(filled);
        return filled;
    }();
    constexpr std::int64_t lanes = Real::lanes;
    const SmallCut<Real, Vectors, Columns> cut{job};
    const std::int64_t together = cut.together(), high = cut.high, wide = cut.wide;
    SmallTileJob tile{job, 0, {}, {}, {}};
    for (std::int64_t first = 0; first < job.count; first += together) {
        tile.run.count = job.count - first < together ? job.count - first : together;
        for (std::int64_t n = 0; n < high * wide; ++n) {
            const std::int64_t v = cut.vectors * (n / wide) / high, next_v = cut.vectors * (n / wide + 1) / high;
            const std::int64_t j = job.columns * (n % wide) / wide, next_j = job.columns * (n % wide + 1) / wide;
            const std::int64_t i = v * lanes, last = job.rows - (next_v - 1) * lanes;
            const bool masked = last < lanes;
            tile.mask = static_cast<std::uint32_t>((std::uint64_t{1} << (masked ? last : lanes)) - 1);
            tile.run.a = static_cast<const Number*>(job.a) + first * job.a_next + i;
            tile.run.b = static_cast<const Number*>(job.b) + first * job.b_next + j * job.b_column;
            tile.run.c = static_cast<Number*>(job.c) + first * job.c_next + j * job.c_column + i;
            tile.a = cut.fetch(job.a_next, together, n, i);
            tile.b = cut.fetch(job.b_next, together, n, j * job.b_column);
            tile.c = cut.fetch(job.c_next, together, n, j * job.c_column + i);
            tiles.tile[next_v - v - 1][next_j - j - 1][masked](tile);
        }
    }
}

}  // namespace
}  // namespace kadanoff
