#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kadanoff/gaussian_rbm.hpp"
#include "register.hpp"
#include "shared_sampler.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Floats = py::array_t<float, py::array::c_style>;
using Bytes = py::array_t<std::uint8_t, py::array::c_style>;

/// Chains that Python threads may share, as in SharedSampler.
class SharedGaussian {
public:
    SharedGaussian(const GaussianRbm& rbm, const GibbsOptions& options) : sampler_(rbm, options) {}

    template <class Use>
    auto exclusively(Use use) {
        const py::gil_scoped_release release;
        const std::lock_guard lock(mutex_);
        return use(sampler_);
    }

    /// What never changes: needs no lock.
    std::int64_t visible() const { return sampler_.visible_units() * sampler_.options().chains; }
    std::int64_t hidden() const { return sampler_.hidden_units() * sampler_.options().chains; }
    std::string kernel() const { return sampler_.kernel(); }

private:
    GaussianGibbsSampler sampler_;
    std::recursive_mutex mutex_;
};

std::vector<float> numbers(const Floats& array) { return {array.data(), array.data() + array.size()}; }

GaussianRbm make_rbm(const Floats& weights, const Floats& visible_bias, const Floats& hidden_bias,
                     const Floats& visible_scale, bool hidden_spin) {
    return {visible_bias.size(),
            hidden_bias.size(),
            numbers(weights),
            numbers(visible_bias),
            numbers(hidden_bias),
            numbers(visible_scale),
            hidden_spin ? Units::spin : Units::binary};
}

std::unique_ptr<SharedGaussian> make_sampler(const Floats& weights, const Floats& visible_bias,
                                             const Floats& hidden_bias, const Floats& visible_scale, bool hidden_spin,
                                             const std::vector<double>& beta, std::int64_t chains, std::uint64_t seed,
                                             bool fixed16, const std::string& device, int threads) {
    const GaussianRbm rbm = make_rbm(weights, visible_bias, hidden_bias, visible_scale, hidden_spin);
    GibbsOptions options;
    options.chains = chains;
    options.beta = beta;
    options.seed = seed;
    options.precision = fixed16 ? Precision::fixed16 : Precision::float32;
    options.device = device == "cuda" ? Device::cuda : Device::cpu;
    options.threads = threads;
    const py::gil_scoped_release release;
    return std::make_unique<SharedGaussian>(rbm, options);
}

void run(SharedGaussian& shared, std::int64_t steps) {
    shared.exclusively([&](GaussianGibbsSampler& sampler) { return sampler.run(steps, poll_signals); });
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
}

void check_size(const py::array& array, std::int64_t expected, const char* what) {
    if (array.size() != expected) {
        throw py::value_error(std::string("[") + what + "] expected an array of " + std::to_string(expected) +
                              " items, got " + std::to_string(array.size()));
    }
}

Floats visible(SharedGaussian& shared) {
    Floats result(shared.visible());
    float* data = result.mutable_data();
    shared.exclusively([&](GaussianGibbsSampler& sampler) { sampler.visible(data); });
    return result;
}

Bytes hidden(SharedGaussian& shared) {
    Bytes result(shared.hidden());
    std::uint8_t* data = result.mutable_data();
    shared.exclusively([&](GaussianGibbsSampler& sampler) { sampler.hidden(data); });
    return result;
}

/// (step, visible units, bits of the hidden ones), all of the same moment.
py::tuple snapshot(SharedGaussian& shared) {
    Floats values(shared.visible());
    Bytes bits(shared.hidden());
    float* value_data = values.mutable_data();
    std::uint8_t* bit_data = bits.mutable_data();
    const std::int64_t step = shared.exclusively([&](GaussianGibbsSampler& sampler) {
        sampler.visible(value_data);
        sampler.hidden(bit_data);
        return sampler.step();
    });
    return py::make_tuple(step, values, bits);
}

void write_visible(SharedGaussian& shared, const Floats& values) {
    check_size(values, shared.visible(), "visible");
    const float* data = values.data();
    shared.exclusively([&](GaussianGibbsSampler& sampler) { sampler.set_visible(data); });
}

void write_hidden(SharedGaussian& shared, const Bytes& bits) {
    check_size(bits, shared.hidden(), "hidden");
    const std::uint8_t* data = bits.data();
    shared.exclusively([&](GaussianGibbsSampler& sampler) { sampler.set_hidden(data); });
}

/// An empty mask clamps nothing.
void write_clamped(SharedGaussian& shared, const Bytes& mask) {
    if (mask.size() != 0) check_size(mask, shared.visible(), "clamp");
    const std::uint8_t* data = mask.size() == 0 ? nullptr : mask.data();
    shared.exclusively([&](GaussianGibbsSampler& sampler) { sampler.set_clamped(data); });
}

void write_rbm(SharedGaussian& shared, const Floats& weights, const Floats& visible_bias, const Floats& hidden_bias,
               const Floats& visible_scale, bool hidden_spin) {
    const GaussianRbm rbm = make_rbm(weights, visible_bias, hidden_bias, visible_scale, hidden_spin);
    shared.exclusively([&](GaussianGibbsSampler& sampler) { sampler.set_rbm(rbm); });
}

}  // namespace

void register_gaussian(py::module_& m) {
    using Sampler = GaussianGibbsSampler;
    py::class_<SharedGaussian>(m, "GaussianGibbsSampler")
        .def(py::init(&make_sampler), py::kw_only(), py::arg("weights").noconvert(),
             py::arg("visible_bias").noconvert(), py::arg("hidden_bias").noconvert(),
             py::arg("visible_scale").noconvert(), py::arg("hidden_spin"), py::arg("beta"), py::arg("chains"),
             py::arg("seed"), py::arg("fixed16"), py::arg("device"), py::arg("threads"))
        .def("run", &run, py::arg("steps"))
        .def("draw_hidden", [](SharedGaussian& shared) { shared.exclusively([](Sampler& s) { s.draw_hidden(); }); })
        .def("draw_visible", [](SharedGaussian& shared) { shared.exclusively([](Sampler& s) { s.draw_visible(); }); })
        .def("visible", &visible)
        .def("hidden", &hidden)
        .def("snapshot", &snapshot)
        .def("write_visible", &write_visible, py::arg("values").noconvert())
        .def("write_hidden", &write_hidden, py::arg("bits").noconvert())
        .def("write_clamped", &write_clamped, py::arg("mask").noconvert())
        .def("write_rbm", &write_rbm, py::kw_only(), py::arg("weights").noconvert(),
             py::arg("visible_bias").noconvert(), py::arg("hidden_bias").noconvert(),
             py::arg("visible_scale").noconvert(), py::arg("hidden_spin"))
        .def(
            "set_beta",
            [](SharedGaussian& shared, const std::vector<double>& beta) {
                shared.exclusively([&](Sampler& s) { s.set_beta(beta); });
            },
            py::arg("beta"))
        .def_property(
            "step", [](SharedGaussian& shared) { return shared.exclusively([](Sampler& s) { return s.step(); }); },
            [](SharedGaussian& shared, std::int64_t step) {
                shared.exclusively([&](Sampler& s) { s.set_step(step); });
            })
        .def_property_readonly("scale", [](const SharedGaussian&) { return 1.0; })
        .def_property_readonly("kernel", &SharedGaussian::kernel);
}

}  // namespace kadanoff::python
