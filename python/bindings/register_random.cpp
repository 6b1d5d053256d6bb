#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <array>
#include <cstdint>

#include "kadanoff/lattice/checkerboard.hpp"
#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"
#include "kadanoff/update/accept_table.hpp"
#include "kadanoff/update/heat_bath.hpp"
#include "register.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Words = py::array_t<std::uint32_t>;

py::tuple philox(const std::array<std::uint32_t, 4>& counter, const std::array<std::uint32_t, 2>& key) {
    const Block<WordOps> block =
        philox4x32<WordOps>({{counter[0], counter[1], counter[2], counter[3]}}, key[0], key[1]);
    return py::make_tuple(block.word[0], block.word[1], block.word[2], block.word[3]);
}

/// The words that the checkerboard kernels consume in one half sweep, in order: (stripe, vector, plane, lane).
Words kernel_words(std::uint64_t seed, std::uint64_t sweep, std::uint32_t replica, std::uint32_t stream,
                   std::uint32_t colour, std::int64_t first_stripe, std::int64_t stripes) {
    const DrawKey key{seed, sweep, replica, static_cast<Stream>(stream), colour};
    Words result({stripes, stripe_vectors, std::int64_t{uniform_planes}, vector_words});
    auto out = result.mutable_unchecked<4>();
    for (std::int64_t s = 0; s < stripes; ++s) {
        for (std::int64_t lane = 0; lane < vector_words; ++lane) {
            const auto group = static_cast<std::uint32_t>((first_stripe + s) * vector_words + lane);
            Xoshiro128pp<WordOps> words(draw<WordOps>(key, group, 0));
            for (std::int64_t v = 0; v < stripe_vectors; ++v) {
                for (std::int64_t k = 0; k < uniform_planes; ++k) out(s, v, k, lane) = words.next();
            }
        }
    }
    return result;
}

py::tuple draw_block(std::uint64_t seed, std::uint64_t sweep, std::uint32_t replica, std::uint32_t stream,
                     std::uint32_t sublattice, std::uint32_t group, std::uint32_t slot) {
    const DrawKey key{seed, sweep, replica, static_cast<Stream>(stream), sublattice};
    const Block<WordOps> block = draw<WordOps>(key, group, slot);
    return py::make_tuple(block.word[0], block.word[1], block.word[2], block.word[3]);
}

}  // namespace

void register_random(py::module_& m) {
    m.attr("uniform_planes") = uniform_planes;
    py::dict streams;
    streams["heat_bath"] = static_cast<int>(Stream::heat_bath);
    streams["heat_bath_tail"] = static_cast<int>(Stream::heat_bath_tail);
    streams["metropolis"] = static_cast<int>(Stream::metropolis);
    streams["metropolis_tail"] = static_cast<int>(Stream::metropolis_tail);
    streams["initial_spins"] = static_cast<int>(Stream::initial_spins);
    streams["initial_sign"] = static_cast<int>(Stream::initial_sign);
    streams["packed_heat_bath"] = static_cast<int>(Stream::packed_heat_bath);
    streams["packed_heat_bath_tail"] = static_cast<int>(Stream::packed_heat_bath_tail);
    streams["packed_metropolis"] = static_cast<int>(Stream::packed_metropolis);
    streams["packed_metropolis_tail"] = static_cast<int>(Stream::packed_metropolis_tail);
    streams["site_order"] = static_cast<int>(Stream::site_order);
    streams["plain_heat_bath"] = static_cast<int>(Stream::plain_heat_bath);
    streams["plain_metropolis"] = static_cast<int>(Stream::plain_metropolis);
    streams["potts_heat_bath"] = static_cast<int>(Stream::potts_heat_bath);
    streams["potts_metropolis"] = static_cast<int>(Stream::potts_metropolis);
    streams["wolff"] = static_cast<int>(Stream::wolff);
    streams["swendsen_wang_bonds"] = static_cast<int>(Stream::swendsen_wang_bonds);
    streams["swendsen_wang_flips"] = static_cast<int>(Stream::swendsen_wang_flips);
    streams["replica_swap"] = static_cast<int>(Stream::replica_swap);
    streams["isoenergetic_cluster"] = static_cast<int>(Stream::isoenergetic_cluster);
    streams["resampling"] = static_cast<int>(Stream::resampling);
    streams["table_heat_bath"] = static_cast<int>(Stream::table_heat_bath);
    streams["table_heat_bath_tail"] = static_cast<int>(Stream::table_heat_bath_tail);
    streams["table_metropolis"] = static_cast<int>(Stream::table_metropolis);
    streams["table_metropolis_tail"] = static_cast<int>(Stream::table_metropolis_tail);
    streams["dense_heat_bath"] = static_cast<int>(Stream::dense_heat_bath);
    streams["dense_metropolis"] = static_cast<int>(Stream::dense_metropolis);
    streams["rbm_units"] = static_cast<int>(Stream::rbm_units);
    streams["rbm_tail"] = static_cast<int>(Stream::rbm_tail);
    streams["rbm_start"] = static_cast<int>(Stream::rbm_start);
    streams["rbm_swap"] = static_cast<int>(Stream::rbm_swap);
    streams["gaussian_rbm"] = static_cast<int>(Stream::gaussian_rbm);
    streams["layer_seeds"] = static_cast<int>(Stream::layer_seeds);
    streams["self_learning"] = static_cast<int>(Stream::self_learning);
    streams["machine_proposal"] = static_cast<int>(Stream::machine_proposal);
    streams["rbm_annealing"] = static_cast<int>(Stream::rbm_annealing);
    m.attr("streams") = streams;
    m.def("philox4x32", &philox, py::arg("counter"), py::arg("key"));
    m.def("draw_block", &draw_block, py::arg("seed"), py::arg("sweep"), py::arg("replica"), py::arg("stream"),
          py::arg("sublattice"), py::arg("group"), py::arg("slot"));
    m.def("kernel_words", &kernel_words, py::arg("seed"), py::arg("sweep"), py::arg("replica"), py::arg("stream"),
          py::arg("colour"), py::arg("first_stripe"), py::arg("stripes"));
    m.def("threshold_exp_minus", [](double x) { return threshold(exp_minus(x)); }, py::arg("x"));
    m.def(
        "threshold_heat_bath", [](double drive) { return threshold(HeatBath::decide(false, drive).probability); },
        py::arg("drive"));
}

}  // namespace kadanoff::python
