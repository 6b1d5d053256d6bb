#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "kadanoff/rbm_annealing.hpp"
#include "kadanoff/rbm_partition.hpp"
#include "make_rbm.hpp"
#include "register.hpp"
#include "shared_sampler.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Bytes = py::array_t<std::uint8_t, py::array::c_style>;
using Doubles = py::array_t<double, py::array::c_style>;

double exact_log_partition(const Floats& weights, const Floats& visible_bias, const Floats& hidden_bias,
                           bool visible_spin, bool hidden_spin, double beta, int threads) {
    const Rbm rbm = make_rbm(weights, visible_bias, hidden_bias, visible_spin, hidden_spin);
    std::optional<double> result;
    {
        const py::gil_scoped_release release;
        result = log_partition(rbm, beta, threads, poll_signals);
    }
    if (!result) throw py::error_already_set();
    return *result;
}

Doubles pseudo_likelihoods(const Floats& weights, const Floats& visible_bias, const Floats& hidden_bias,
                           bool visible_spin, bool hidden_spin, const Bytes& bits, int threads) {
    const Rbm rbm = make_rbm(weights, visible_bias, hidden_bias, visible_spin, hidden_spin);
    const std::int64_t samples = bits.size() / rbm.visible;
    Doubles result(samples);
    double* out = result.mutable_data();
    const std::uint8_t* data = bits.data();
    const py::gil_scoped_release release;
    pseudo_likelihood(rbm, data, samples, threads, out);
    return result;
}

std::unique_ptr<RbmAnnealing> make_annealing(const Floats& weights, const Floats& visible_bias,
                                             const Floats& hidden_bias, bool visible_spin, bool hidden_spin,
                                             const Floats& base_bias, std::int64_t chains, double beta,
                                             std::uint64_t seed, std::uint32_t pass, int threads) {
    const Rbm rbm = make_rbm(weights, visible_bias, hidden_bias, visible_spin, hidden_spin);
    const std::vector<float> base = numbers(base_bias);
    const py::gil_scoped_release release;
    return std::make_unique<RbmAnnealing>(rbm, base, RbmAnnealingOptions{chains, beta, seed, pass, threads});
}

void run(RbmAnnealing& annealing, const std::vector<double>& mixtures) {
    bool finished;
    {
        const py::gil_scoped_release release;
        finished = annealing.run(mixtures, poll_signals);
    }
    if (!finished) throw py::error_already_set();
}

void bridge(RbmAnnealing& annealing, const Floats& weights, const Floats& visible_bias, const Floats& hidden_bias,
            bool visible_spin, bool hidden_spin) {
    const Rbm rbm = make_rbm(weights, visible_bias, hidden_bias, visible_spin, hidden_spin);
    const py::gil_scoped_release release;
    annealing.bridge(rbm);
}

Doubles log_weights(const RbmAnnealing& annealing) {
    Doubles result(annealing.options().chains);
    annealing.log_weights(result.mutable_data());
    return result;
}

Bytes visible(const RbmAnnealing& annealing) {
    Bytes result({annealing.options().chains, annealing.visible_units()});
    annealing.visible(result.mutable_data());
    return result;
}

void write_visible(RbmAnnealing& annealing, const Bytes& bits) {
    if (bits.size() != annealing.options().chains * annealing.visible_units()) {
        throw py::value_error("[RbmAnnealing] expected a state for each chain");
    }
    annealing.set_visible(bits.data());
}

}  // namespace

void register_rbm_likelihood(py::module_& m) {
    m.def("pseudo_likelihood", &pseudo_likelihoods, py::kw_only(), py::arg("weights").noconvert(),
          py::arg("visible_bias").noconvert(), py::arg("hidden_bias").noconvert(), py::arg("visible_spin"),
          py::arg("hidden_spin"), py::arg("bits").noconvert(), py::arg("threads"));
    m.def("log_partition", &exact_log_partition, py::kw_only(), py::arg("weights").noconvert(),
          py::arg("visible_bias").noconvert(), py::arg("hidden_bias").noconvert(), py::arg("visible_spin"),
          py::arg("hidden_spin"), py::arg("beta"), py::arg("threads"));
    py::class_<RbmAnnealing>(m, "RbmAnnealing")
        .def(py::init(&make_annealing), py::kw_only(), py::arg("weights").noconvert(),
             py::arg("visible_bias").noconvert(), py::arg("hidden_bias").noconvert(), py::arg("visible_spin"),
             py::arg("hidden_spin"), py::arg("base_bias").noconvert(), py::arg("chains"), py::arg("beta"),
             py::arg("seed"), py::arg("pass_number"), py::arg("threads"))
        .def("start",
             [](RbmAnnealing& a) {
                 const py::gil_scoped_release release;
                 a.start();
             })
        .def("run", &run, py::arg("mixtures"))
        .def("bridge", &bridge, py::kw_only(), py::arg("weights").noconvert(), py::arg("visible_bias").noconvert(),
             py::arg("hidden_bias").noconvert(), py::arg("visible_spin"), py::arg("hidden_spin"))
        .def("log_weights", &log_weights)
        .def("log_base", &RbmAnnealing::log_base)
        .def("visible", &visible)
        .def("write_visible", &write_visible, py::arg("bits").noconvert());
}

}  // namespace kadanoff::python
