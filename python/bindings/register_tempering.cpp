#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/tempering.hpp"
#include "kadanoff/update/replica_swap.hpp"
#include "register.hpp"
#include "shared_sampler.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Floats = py::array_t<double, py::array::c_style>;
using Counts = py::array_t<std::int64_t, py::array::c_style>;
using Spins = py::array_t<std::int8_t, py::array::c_style>;
using Words = py::array_t<std::uint32_t, py::array::c_style>;
using Flags = py::array_t<bool, py::array::c_style>;

/// A tempering and the sampler that Python keeps alive for it, under the sampler's lock.
class SharedTempering {
public:
    SharedTempering(SharedSampler& walkers, const TemperingOptions& options)
        : walkers_(walkers),
          tempering_(walkers.exclusively([&](Sampler& sampler) { return ParallelTempering(sampler, options); })) {}

    template <class Use>
    auto exclusively(Use use) {
        return walkers_.exclusively([&](Sampler&) { return use(tempering_); });
    }

    std::int64_t walkers() const { return walkers_.replicas(); }
    std::int64_t spins() const { return walkers_.spins(); }
    std::int64_t packed_size() const { return walkers_.packed_size(); }

private:
    SharedSampler& walkers_;
    ParallelTempering tempering_;
};

std::unique_ptr<SharedTempering> make_tempering(SharedSampler& walkers, const std::vector<double>& beta,
                                                std::int64_t swap_every, const std::string& pairs,
                                                std::int64_t cluster_every) {
    const SwapPairs order = pairs == "random" ? SwapPairs::random : SwapPairs::alternating;
    return std::make_unique<SharedTempering>(walkers, TemperingOptions{beta, swap_every, order, cluster_every});
}

void check_size(const py::array& array, std::int64_t expected, const char* what) {
    if (array.size() != expected) {
        throw py::value_error(std::string("[") + what + "] expected an array of " + std::to_string(expected) +
                              " items, got " + std::to_string(array.size()));
    }
}

/// The calls below leave to Python what a signal handler raised.
void run(SharedTempering& shared, std::int64_t sweeps) {
    shared.exclusively([&](ParallelTempering& tempering) { return tempering.run(sweeps, poll_signals); });
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
}

double* rows(Floats& array, std::int64_t expected) {
    if (array.size() == 0) return nullptr;
    check_size(array, expected, "sample");
    return array.mutable_data();
}

/// Fills the arrays, those of size 0 excepted, as far as it gets and returns (sweep before, draws done, what a signal
/// handler raised or None).
py::tuple sample(SharedTempering& shared, std::int64_t draws, std::int64_t every, Floats& energy, Floats& magnetization,
                 Floats& overlap, Floats& link_overlap) {
    const std::int64_t size = draws * shared.walkers();
    const TemperingDraws out{rows(energy, size), rows(magnetization, size), rows(overlap, size),
                             rows(link_overlap, size)};
    const auto [before, done] = shared.exclusively([&](ParallelTempering& tempering) {
        const std::int64_t sweep = tempering.walkers().sweep();
        return std::pair(sweep, tempering.sample(draws, every, out, poll_signals));
    });
    py::object signal = py::none();
    if (PyErr_Occurred() != nullptr) signal = py::error_already_set().value();
    return py::make_tuple(before, done, signal);
}

void measure(SharedTempering& shared, Floats& energy, Floats& magnetization) {
    check_size(energy, shared.walkers(), "measure");
    check_size(magnetization, shared.walkers(), "measure");
    double* energy_data = energy.mutable_data();
    double* magnetization_data = magnetization.mutable_data();
    shared.exclusively([&](ParallelTempering& t) { t.measure(energy_data, magnetization_data); });
}

void read_spins(SharedTempering& shared, Spins& out) {
    check_size(out, shared.spins(), "spins");
    std::int8_t* data = out.mutable_data();
    shared.exclusively([&](ParallelTempering& t) { t.spins(data); });
}

void write_spins(SharedTempering& shared, const Spins& spins) {
    check_size(spins, shared.spins(), "spins");
    const std::int8_t* data = spins.data();
    shared.exclusively([&](ParallelTempering& t) { t.set_spins(data); });
}

/// The members of a state that are counts, by name.
constexpr std::pair<const char*, std::vector<std::int64_t> TemperingState::*> counts[] = {
    {"temperature", &TemperingState::temperature},
    {"direction", &TemperingState::direction},
    {"departure", &TemperingState::departure},
    {"round_trips", &TemperingState::round_trips},
    {"round_trip_rounds", &TemperingState::round_trip_rounds},
    {"attempted", &TemperingState::attempted},
    {"accepted", &TemperingState::accepted},
    {"from_hot", &TemperingState::from_hot},
    {"from_cold", &TemperingState::from_cold},
};

template <class Array, class Value>
Array to_array(const std::vector<Value>& values) {
    return Array(static_cast<py::ssize_t>(values.size()), values.data());
}

template <class Array>
auto to_vector(const Array& array) {
    return std::vector<typename Array::value_type>(array.data(), array.data() + array.size());
}

py::dict to_dict(const TemperingState& state) {
    py::dict result;
    for (const auto& [name, member] : counts) result[name] = to_array<Counts>(state.*member);
    result["best_energy"] = to_array<Floats>(state.best_energy);
    result["best_spins"] = to_array<Spins>(state.best_spins);
    return result;
}

/// (sweep, packed spins of the walkers, the rest by name), all of the same moment.
py::tuple snapshot(SharedTempering& shared) {
    Words words(shared.packed_size());
    std::uint32_t* data = words.mutable_data();
    std::int64_t sweep = 0;
    const TemperingState state = shared.exclusively([&](ParallelTempering& t) {
        sweep = t.walkers().sweep();
        t.walkers().packed(data);
        return t.state();
    });
    return py::make_tuple(sweep, words, to_dict(state));
}

void write_state(SharedTempering& shared, const py::dict& values) {
    TemperingState state;
    for (const auto& [name, member] : counts) state.*member = to_vector(values[name].cast<Counts>());
    state.best_energy = to_vector(values["best_energy"].cast<Floats>());
    state.best_spins = to_vector(values["best_spins"].cast<Spins>());
    shared.exclusively([&](ParallelTempering& t) { t.set_state(std::move(state)); });
}

/// Which swaps of machines' chains a round accepts, by their drives (pair, copy); the pairs begin at rungs `first`,
/// `first` + 2, ...
Flags decide_swaps(const Floats& drives, std::uint64_t seed, std::uint64_t round, std::uint32_t first) {
    if (drives.ndim() != 2) throw py::value_error("[decide_swaps] expected drives of two axes");
    const py::ssize_t pairs = drives.shape(0), copies = drives.shape(1);
    Flags result({pairs, copies});
    const double* drive = drives.data();
    bool* accepted = result.mutable_data();
    for (py::ssize_t pair = 0; pair < pairs; ++pair) {
        const std::uint32_t lower = first + 2 * static_cast<std::uint32_t>(pair);
        for (py::ssize_t copy = 0; copy < copies; ++copy, ++drive, ++accepted) {
            const DrawKey key{seed, round, static_cast<std::uint32_t>(copy), Stream::rbm_swap, 0};
            const Block<WordOps> block = draw<WordOps>(key, lower, 0);
            *accepted = accepts_swap(*drive, (static_cast<std::uint64_t>(block.word[1]) << 32) | block.word[0]);
        }
    }
    return result;
}

}  // namespace

void register_tempering(py::module_& m) {
    m.def("decide_swaps", &decide_swaps, py::arg("drive").noconvert(), py::arg("seed"), py::arg("round"),
          py::arg("first"));
    py::class_<SharedTempering>(m, "ParallelTempering")
        .def(py::init(&make_tempering), py::kw_only(), py::arg("walkers"), py::arg("beta"), py::arg("swap_every"),
             py::arg("pairs"), py::arg("cluster_every"), py::keep_alive<1, 2>())
        .def("run", &run, py::arg("sweeps"))
        .def("sample", &sample, py::arg("draws"), py::arg("every"), py::arg("energy").noconvert(),
             py::arg("magnetization").noconvert(), py::arg("overlap").noconvert(), py::arg("link_overlap").noconvert())
        .def("measure", &measure, py::arg("energy").noconvert(), py::arg("magnetization").noconvert())
        .def("read_spins", &read_spins, py::arg("out").noconvert())
        .def("write_spins", &write_spins, py::arg("spins").noconvert())
        .def(
            "exchange",
            [](SharedTempering& shared, std::int64_t round) {
                shared.exclusively([&](ParallelTempering& t) { t.exchange(round); });
            },
            py::arg("round"))
        .def(
            "move_clusters",
            [](SharedTempering& shared, std::int64_t round) {
                shared.exclusively([&](ParallelTempering& t) { t.move_clusters(round); });
            },
            py::arg("round"))
        .def("state",
             [](SharedTempering& shared) {
                 return to_dict(shared.exclusively([](ParallelTempering& t) { return t.state(); }));
             })
        .def("snapshot", &snapshot)
        .def("set_state", &write_state, py::arg("state"))
        .def("reset_statistics",
             [](SharedTempering& shared) { shared.exclusively([](ParallelTempering& t) { t.reset_statistics(); }); });
}

}  // namespace kadanoff::python
