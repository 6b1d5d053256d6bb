#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "register.hpp"
#include "shared_sampler.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Floats = py::array_t<double, py::array::c_style>;
using Spins = py::array_t<std::int8_t, py::array::c_style>;
using Words = py::array_t<std::uint32_t, py::array::c_style>;

/// One number for all, or one for each.
Values values(const Floats& numbers) {
    return Values(std::vector<double>(numbers.data(), numbers.data() + numbers.size()));
}

/// An Ising model for states = 0, else a Potts model.
Model make_model(const Floats& coupling, const Floats& field, double plaquette, int states) {
    if (states != 0) return Potts{states, values(coupling)};
    return Ising{values(coupling), values(field), plaquette};
}

std::unique_ptr<SharedSampler> make_sampler(const Lattice& lattice, const Floats& coupling, const Floats& field,
                                            double plaquette, int states, const std::vector<double>& beta,
                                            const std::string& update, const std::string& order,
                                            const std::string& kernel, std::int64_t replicas, std::uint64_t seed,
                                            const std::string& device, int threads, const std::string& start,
                                            const std::vector<double>& effective, int clusters) {
    const Model model = make_model(coupling, field, plaquette, states);
    SamplerOptions options;
    options.beta = beta;
    options.update = update;
    options.order = order;
    options.kernel = kernel;
    options.replicas = replicas;
    options.seed = seed;
    options.device = device == "cuda" ? Device::cuda : Device::cpu;
    options.threads = threads;
    options.start = start == "random" ? Start::random : start == "down" ? Start::down : Start::ordered;
    options.self_learning = {effective, clusters};
    const py::gil_scoped_release release;
    return std::make_unique<SharedSampler>(Sampler(lattice, model, options));
}

void run(SharedSampler& shared, std::int64_t sweeps) {
    shared.exclusively([&](Sampler& sampler) { return sampler.run(sweeps, poll_signals); });
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
}

void check_size(const py::array& array, std::int64_t expected, const char* what) {
    if (array.size() != expected) {
        throw py::value_error(std::string("[") + what + "] expected an array of " + std::to_string(expected) +
                              " items, got " + std::to_string(array.size()));
    }
}

/// Fills the arrays as far as it gets and returns (sweep before, draws done, what a signal handler raised or None).
py::tuple sample(SharedSampler& shared, std::int64_t draws, std::int64_t every, Floats& energy, Floats& magnetization,
                 Floats& extra) {
    check_size(energy, draws * shared.replicas(), "sample");
    check_size(magnetization, draws * shared.replicas(), "sample");
    check_size(extra, static_cast<std::int64_t>(shared.extra_series().size()) * draws * shared.replicas(), "sample");
    double* energy_data = energy.mutable_data();
    double* magnetization_data = magnetization.mutable_data();
    double* extra_data = extra.mutable_data();
    const auto [before, done] = shared.exclusively([&](Sampler& sampler) {
        const std::int64_t sweep = sampler.sweep();
        return std::pair(sweep,
                         sampler.sample(draws, every, energy_data, magnetization_data, poll_signals, extra_data));
    });
    py::object signal = py::none();
    if (PyErr_Occurred() != nullptr) signal = py::error_already_set().value();
    return py::make_tuple(before, done, signal);
}

void measure(SharedSampler& shared, Floats& energy, Floats& magnetization) {
    check_size(energy, shared.replicas(), "measure");
    check_size(magnetization, shared.replicas(), "measure");
    double* energy_data = energy.mutable_data();
    double* magnetization_data = magnetization.mutable_data();
    shared.exclusively([&](Sampler& sampler) { sampler.measure(energy_data, magnetization_data); });
}

void read_spins(SharedSampler& shared, Spins& out) {
    check_size(out, shared.spins(), "spins");
    std::int8_t* data = out.mutable_data();
    shared.exclusively([&](Sampler& sampler) { sampler.spins(data); });
}

void write_spins(SharedSampler& shared, const Spins& spins) {
    check_size(spins, shared.spins(), "spins");
    const std::int8_t* data = spins.data();
    shared.exclusively([&](Sampler& sampler) { sampler.set_spins(data); });
}

/// (sweep, packed spins), both of the same moment.
py::tuple snapshot(SharedSampler& shared) {
    Words words(shared.packed_size());
    std::uint32_t* data = words.mutable_data();
    const std::int64_t sweep = shared.exclusively([&](Sampler& sampler) {
        sampler.packed(data);
        return sampler.sweep();
    });
    return py::make_tuple(sweep, words);
}

void write_packed(SharedSampler& shared, const Words& words) {
    check_size(words, shared.packed_size(), "packed_spins");
    const std::uint32_t* data = words.data();
    shared.exclusively([&](Sampler& sampler) { sampler.set_packed(data); });
}

}  // namespace

void register_sampler(py::module_& m) {
    py::class_<SharedSampler>(m, "Sampler")
        .def(py::init(&make_sampler), py::kw_only(), py::arg("lattice"), py::arg("coupling"), py::arg("field"),
             py::arg("plaquette"), py::arg("states"), py::arg("beta"), py::arg("update"), py::arg("order"),
             py::arg("kernel"), py::arg("replicas"), py::arg("seed"), py::arg("device"), py::arg("threads"),
             py::arg("start"), py::arg("effective") = std::vector<double>{}, py::arg("clusters") = 1)
        .def("run", &run, py::arg("sweeps"))
        .def("sample", &sample, py::arg("draws"), py::arg("every"), py::arg("energy").noconvert(),
             py::arg("magnetization").noconvert(), py::arg("extra").noconvert())
        .def("measure", &measure, py::arg("energy").noconvert(), py::arg("magnetization").noconvert())
        .def("read_spins", &read_spins, py::arg("out").noconvert())
        .def(
            "read_spins_device",
            [](SharedSampler& shared, std::uintptr_t pointer) {
                shared.exclusively([&](Sampler& s) { s.spins(reinterpret_cast<std::int8_t*>(pointer)); });
            },
            py::arg("pointer"))
        .def("write_spins", &write_spins, py::arg("spins").noconvert())
        .def("snapshot", &snapshot)
        .def("write_packed", &write_packed, py::arg("words").noconvert())
        .def(
            "set_beta",
            [](SharedSampler& shared, const std::vector<double>& beta) {
                shared.exclusively([&](Sampler& s) { s.set_beta(beta); });
            },
            py::arg("beta"))
        .def_property_readonly("packed_size", &SharedSampler::packed_size)
        .def_property(
            "sweep", [](SharedSampler& shared) { return shared.exclusively([](Sampler& s) { return s.sweep(); }); },
            [](SharedSampler& shared, std::int64_t sweep) {
                shared.exclusively([&](Sampler& s) { s.set_sweep(sweep); });
            })
        .def_property_readonly("extra_series", &SharedSampler::extra_series)
        .def_property_readonly("kernel", &SharedSampler::kernel);
}

}  // namespace kadanoff::python
