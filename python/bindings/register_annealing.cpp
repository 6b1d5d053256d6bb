#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kadanoff/annealing.hpp"
#include "register.hpp"
#include "shared_sampler.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Floats = py::array_t<double, py::array::c_style>;
using Spins = py::array_t<std::int8_t, py::array::c_style>;

void require_size(const py::array& array, std::int64_t expected, const char* what) {
    if (array.size() != expected) {
        throw py::value_error(std::string("[anneal] expected ") + std::to_string(expected) + " " + what + ", got " +
                              std::to_string(array.size()));
    }
}

/// What a signal handler raised meanwhile, or None.
py::object raised() { return PyErr_Occurred() != nullptr ? py::object(py::error_already_set().value()) : py::none(); }

/// Total energies of the present spins.
Floats total_energy(SharedSampler& shared) {
    Floats energy(shared.replicas());
    double* data = energy.mutable_data();
    shared.exclusively([&](Sampler& sampler) { sampler.total_energy(data); });
    return energy;
}

/// (betas completed, what a signal handler raised or None); the best states go to the arrays, if there are any.
py::tuple anneal_states(SharedSampler& shared, const std::vector<double>& betas, std::int64_t sweeps_per_beta,
                        Floats& best_energy, Spins& best_spins) {
    const bool keep = best_energy.size() > 0;
    if (keep) {
        require_size(best_energy, shared.replicas(), "energies");
        require_size(best_spins, shared.spins(), "spins");
    }
    double* energy = keep ? best_energy.mutable_data() : nullptr;
    std::int8_t* spins = keep ? best_spins.mutable_data() : nullptr;
    const std::int64_t done = shared.exclusively([&](Sampler& sampler) {
        return kadanoff::anneal(sampler, betas, sweeps_per_beta, energy, spins, poll_signals);
    });
    return py::make_tuple(done, raised());
}

/// One number of each step as an array (beta, run).
py::array_t<double> column(const PopulationRecord& record, std::int64_t runs, double PopulationStep::* number) {
    const auto count = static_cast<std::int64_t>(record.steps.size());
    py::array_t<double> result({count / runs, runs});
    double* out = result.mutable_data();
    for (const PopulationStep& step : record.steps) *out++ = step.*number;
    return result;
}

/// (arrays by name, what a signal handler raised or None)
py::tuple anneal_populations(SharedSampler& shared, const std::vector<double>& betas, std::int64_t sweeps_per_beta,
                             std::int64_t runs, double culling_fraction) {
    const PopulationRecord record = shared.exclusively([&](Sampler& sampler) {
        return kadanoff::population_anneal(sampler, betas, sweeps_per_beta, runs, poll_signals, culling_fraction);
    });
    const py::object signal = raised();
    py::dict arrays;
    arrays["betas"] = Floats(static_cast<py::ssize_t>(record.betas.size()), record.betas.data());
    arrays["log_weight"] = column(record, runs, &PopulationStep::log_weight);
    arrays["energy"] = column(record, runs, &PopulationStep::energy);
    arrays["energy_variance"] = column(record, runs, &PopulationStep::energy_variance);
    arrays["families"] = column(record, runs, &PopulationStep::families);
    arrays["family_square"] = column(record, runs, &PopulationStep::family_square);
    arrays["family_entropy"] = column(record, runs, &PopulationStep::family_entropy);
    arrays["family"] =
        py::array_t<std::int64_t>(static_cast<py::ssize_t>(record.families.size()), record.families.data());
    return py::make_tuple(arrays, signal);
}

/// (parents, ln Q)
py::tuple resample_once(const Floats& energy, double beta_step, double uniform) {
    if (energy.size() == 0) throw py::value_error("[resample] expected energies, got none");
    py::array_t<std::int64_t> parents(energy.size());
    const double log_weight =
        kadanoff::resample(energy.data(), energy.size(), beta_step, uniform, parents.mutable_data());
    return py::make_tuple(parents, log_weight);
}

double step_once(const Floats& energy, double culling_fraction, double most) {
    if (energy.size() == 0) throw py::value_error("[largest_step] expected energies, got none");
    return kadanoff::largest_step(energy.data(), energy.size(), culling_fraction, most);
}

}  // namespace

void register_annealing(py::module_& m) {
    m.def("total_energy", &total_energy, py::arg("sampler"));
    m.def("anneal", &anneal_states, py::arg("sampler"), py::arg("betas"), py::arg("sweeps_per_beta"),
          py::arg("best_energy").noconvert(), py::arg("best_spins").noconvert());
    m.def("population_anneal", &anneal_populations, py::arg("sampler"), py::arg("betas"), py::arg("sweeps_per_beta"),
          py::arg("runs"), py::arg("culling_fraction"));
    m.def("resample", &resample_once, py::arg("energy"), py::arg("beta_step"), py::arg("uniform"));
    m.def("largest_step", &step_once, py::arg("energy"), py::arg("culling_fraction"), py::arg("most"));
}

}  // namespace kadanoff::python
