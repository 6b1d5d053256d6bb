#include <cstdint>
#include <string>
#include <vector>

#include "check.hpp"
#include "engine/graph_start.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/lattice/colouring.hpp"
#include "kadanoff/rng/stream.hpp"

namespace {

using kadanoff::GraphPacking;
using kadanoff::Ising;
using kadanoff::Lattice;
using kadanoff::Model;
using kadanoff::Potts;
using kadanoff::SamplerOptions;
using kadanoff::Start;
using kadanoff::Stream;

constexpr std::uint64_t seed = 0xFEDCBA9876543210u;

struct StartSpins {
    std::vector<std::int8_t> spins;  // (replica, site)
    std::int64_t sites;

    int at(std::int64_t replica, std::int64_t site) const {
        return static_cast<std::uint8_t>(spins[static_cast<std::size_t>(replica * sites + site)]);
    }
    bool up(std::int64_t replica, std::int64_t site) const { return at(replica, site) == 1; }
};

StartSpins start_of(const Lattice& lattice, const Model& model, std::int64_t replicas, Start start) {
    SamplerOptions options;
    options.replicas = replicas;
    options.seed = seed;
    options.start = start;
    const kadanoff::EngineRequest request{lattice, model, options};
    const GraphPacking packing(request);
    const std::vector<std::uint32_t> words = kadanoff::graph_start(request);
    CHECK_EQUAL(static_cast<std::int64_t>(words.size()), packing.size());
    packing.check(words.data());
    StartSpins result{std::vector<std::int8_t>(static_cast<std::size_t>(lattice.sites() * replicas)), lattice.sites()};
    packing.unpack(words.data(), result.spins.data());
    std::vector<std::uint32_t> again(words.size(), 0xA5A5A5A5u);
    packing.pack(result.spins.data(), again.data());
    CHECK(again == words);
    return result;
}

std::uint32_t random_word(Stream stream, std::int64_t replica, std::int64_t site, int word) {
    const kadanoff::DrawKey key{seed, 0, static_cast<std::uint32_t>(replica), stream, 0};
    return kadanoff::draw<kadanoff::WordOps>(key, static_cast<std::uint32_t>(site), 0).word[word];
}

bool sign_of(std::int64_t replica) { return random_word(Stream::initial_sign, replica, 0, 0) & 1; }

/// Whether each replica is up where `expected` says so.
template <class Expected>
void check_start(const Lattice& lattice, const Ising& model, Start start, Expected expected) {
    constexpr std::int64_t replicas = 141;
    const StartSpins found = start_of(lattice, model, replicas, start);
    for (std::int64_t r = 0; r < replicas; ++r) {
        for (std::int64_t site = 0; site < lattice.sites(); ++site) {
            if (!CHECK_EQUAL(found.up(r, site), expected(r, site))) return;
        }
    }
}

bool random_bit(std::int64_t r, std::int64_t site) {
    return random_word(Stream::initial_spins, r / 128, site, static_cast<int>(r / 32 % 4)) >> r % 32 & 1;
}

const Lattice square = Lattice::make("square", {3, 4}, {false, true});
const Lattice torus = Lattice::make("square", {4, 4});

}  // namespace

TEST_CASE(random_spins_are_bits_of_blocks_shared_by_128_replicas) {
    check_start(square, Ising{1.0}, Start::random, random_bit);
    check_start(square, Ising{-1.0, 0.5}, Start::random, random_bit);
}

TEST_CASE(a_ferromagnet_starts_ordered_along_its_field_or_either_way) {
    const auto up = [](auto, auto) { return true; };
    const auto down = [](auto, auto) { return false; };
    const auto either = [](auto r, auto) { return sign_of(r); };
    check_start(square, Ising{1.0}, Start::ordered, either);
    check_start(square, Ising{1.0, 0.2}, Start::ordered, up);
    check_start(square, Ising{1.0, -0.2}, Start::ordered, down);
    check_start(torus, Ising{1.0, 0.0, 0.3}, Start::ordered, either);
    check_start(torus, Ising{1.0, 0.0, -0.3}, Start::ordered, random_bit);
    std::vector<double> field(12, 0.0);
    field[3] = -1.0;
    check_start(square, Ising{1.0, field}, Start::ordered, down);
    field[4] = 1.0;
    check_start(square, Ising{1.0, field}, Start::ordered, random_bit);
    check_start(square, Ising{1.0}, Start::down, down);
}

TEST_CASE(an_antiferromagnet_on_two_sublattices_starts_staggered) {
    const auto staggered = [](auto r, auto site) { return sign_of(r) == ((site / 4 + site) % 2 == 0); };
    check_start(square, Ising{-1.0}, Start::ordered, staggered);
    check_start(torus, Ising{-1.0}, Start::ordered, staggered);
    check_start(torus, Ising{-1.0, 3.9}, Start::ordered, staggered);
    check_start(torus, Ising{-1.0, 4.1}, Start::ordered, [](auto, auto) { return true; });
    check_start(square, Ising{-1.0, 0.1}, Start::ordered, random_bit);
    check_start(Lattice::make("triangular", {3, 3}), Ising{-1.0}, Start::ordered, random_bit);
    check_start(Lattice::graph(3, {{0, 1}, {1, 2}}), Ising{std::vector<double>{1.0, -1.0}}, Start::ordered, random_bit);
    check_start(Lattice::graph(3, {}), Ising{-1.0, 1.0}, Start::ordered, [](auto, auto) { return true; });
}

TEST_CASE(potts_spins_start_in_states_of_the_model) {
    constexpr std::int64_t replicas = 70;
    const auto state = [](std::uint32_t bits, int count) {
        return static_cast<int>(std::uint64_t{bits} * static_cast<unsigned>(count) >> 32);
    };
    for (const int states : {2, 3, 256}) {
        const StartSpins random = start_of(square, Potts{states}, replicas, Start::random);
        const StartSpins same = start_of(square, Potts{states}, replicas, Start::ordered);
        const StartSpins two = start_of(square, Potts{states, -1.0}, replicas, Start::ordered);
        const StartSpins down = start_of(square, Potts{states}, replicas, Start::down);
        for (std::int64_t r = 0; r < replicas; ++r) {
            const int first = state(random_word(Stream::initial_sign, r, 0, 0), states);
            const int step = 1 + state(random_word(Stream::initial_sign, r, 0, 1), states - 1);
            for (std::int64_t site = 0; site < square.sites(); ++site) {
                const bool second = (site / 4 + site) % 2 != 0;
                CHECK_EQUAL(random.at(r, site),
                            state(random_word(Stream::initial_spins, r / 4, site, static_cast<int>(r % 4)), states));
                CHECK_EQUAL(same.at(r, site), first);
                CHECK_EQUAL(two.at(r, site), second ? (first + step) % states : first);
                CHECK_EQUAL(down.at(r, site), 0);
            }
        }
    }
}

TEST_CASE(padding_and_states_that_are_none_are_refused) {
    std::vector<std::uint32_t> words(6, 0);
    const GraphPacking ising(3, 33, 0), potts(3, 5, 3), bytes(3, 5, 256);
    words[5] = 1;
    ising.check(words.data());
    potts.check(words.data());
    words[5] = 2;
    CHECK_THROWS(kadanoff::InvalidArgument, "[spins] expected padding bits of 0 in packed spins, got 1",
                 ising.check(words.data()));
    words[5] = 0x100;
    CHECK_THROWS(kadanoff::InvalidArgument, "[spins] expected padding bits of 0 in packed spins, got 1",
                 bytes.check(words.data()));
    words = {0, 0, 0x030000, 0, 0, 0};
    bytes.check(words.data());
    CHECK_THROWS(kadanoff::InvalidArgument, "[spins] expected packed states from 0 to 2, got 3",
                 potts.check(words.data()));
}
