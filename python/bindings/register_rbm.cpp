#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kadanoff/rbm.hpp"
#include "make_rbm.hpp"
#include "register.hpp"
#include "shared_sampler.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Bytes = py::array_t<std::uint8_t, py::array::c_style>;

/// Chains that Python threads may share, as in SharedSampler.
class SharedGibbs {
public:
    SharedGibbs(const Rbm& rbm, const GibbsOptions& options) : sampler_(rbm, options) {}

    template <class Use>
    auto exclusively(Use use) {
        const py::gil_scoped_release release;
        const std::lock_guard lock(mutex_);
        return use(sampler_);
    }

    /// What never changes: needs no lock.
    std::int64_t visible() const { return sampler_.visible_units() * sampler_.options().chains; }
    std::int64_t hidden() const { return sampler_.hidden_units() * sampler_.options().chains; }
    std::int64_t chains() const { return sampler_.options().chains; }
    std::string kernel() const { return sampler_.kernel(); }

private:
    GibbsSampler sampler_;
    std::recursive_mutex mutex_;
};

std::unique_ptr<SharedGibbs> make_sampler(const Floats& weights, const Floats& visible_bias, const Floats& hidden_bias,
                                          bool visible_spin, bool hidden_spin, const std::vector<double>& beta,
                                          std::int64_t chains, std::uint64_t seed, bool fixed16,
                                          const std::string& device, int threads) {
    const Rbm rbm = make_rbm(weights, visible_bias, hidden_bias, visible_spin, hidden_spin);
    GibbsOptions options;
    options.chains = chains;
    options.beta = beta;
    options.seed = seed;
    options.precision = fixed16 ? Precision::fixed16 : Precision::float32;
    options.device = device == "cuda" ? Device::cuda : Device::cpu;
    options.threads = threads;
    const py::gil_scoped_release release;
    return std::make_unique<SharedGibbs>(rbm, options);
}

void run(SharedGibbs& shared, std::int64_t steps) {
    shared.exclusively([&](GibbsSampler& sampler) { return sampler.run(steps, poll_signals); });
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
}

/// One number for each chain; by default at the inverse temperatures of the chains.
py::array_t<double> log_weight(SharedGibbs& shared, const std::optional<std::vector<double>>& beta) {
    py::array_t<double> result(shared.chains());
    double* data = result.mutable_data();
    shared.exclusively([&](GibbsSampler& sampler) { sampler.log_weight(beta ? *beta : sampler.options().beta, data); });
    return result;
}

/// (visible, hidden, products); no choice of chains means all.
py::tuple moments(SharedGibbs& shared, const std::optional<Bytes>& chosen, bool sampled) {
    if (chosen && chosen->size() != shared.chains()) throw py::value_error("[moments] expected a byte for each chain");
    const std::int64_t visible_units = shared.visible() / shared.chains(),
                       hidden_units = shared.hidden() / shared.chains();
    py::array_t<double> visible(visible_units), hidden(hidden_units), products({visible_units, hidden_units});
    double *v = visible.mutable_data(), *h = hidden.mutable_data(), *vh = products.mutable_data();
    const std::uint8_t* chains = chosen ? chosen->data() : nullptr;
    const HiddenMoments kind = sampled ? HiddenMoments::sampled : HiddenMoments::mean;
    shared.exclusively([&](GibbsSampler& sampler) { sampler.moments(chains, kind, v, h, vh); });
    return py::make_tuple(visible, hidden, products);
}

void check_size(const py::array& array, std::int64_t expected, const char* what) {
    if (array.size() != expected) {
        throw py::value_error(std::string("[") + what + "] expected an array of " + std::to_string(expected) +
                              " items, got " + std::to_string(array.size()));
    }
}

Bytes visible(SharedGibbs& shared) {
    Bytes result(shared.visible());
    std::uint8_t* data = result.mutable_data();
    shared.exclusively([&](GibbsSampler& sampler) { sampler.visible(data); });
    return result;
}

Bytes hidden(SharedGibbs& shared) {
    Bytes result(shared.hidden());
    std::uint8_t* data = result.mutable_data();
    shared.exclusively([&](GibbsSampler& sampler) { sampler.hidden(data); });
    return result;
}

/// (step, bits of the visible units, of the hidden ones), all of the same moment.
py::tuple snapshot(SharedGibbs& shared) {
    Bytes visible_bits(shared.visible()), hidden_bits(shared.hidden());
    std::uint8_t* visible_data = visible_bits.mutable_data();
    std::uint8_t* hidden_data = hidden_bits.mutable_data();
    const std::int64_t step = shared.exclusively([&](GibbsSampler& sampler) {
        sampler.visible(visible_data);
        sampler.hidden(hidden_data);
        return sampler.step();
    });
    return py::make_tuple(step, visible_bits, hidden_bits);
}

void write_visible(SharedGibbs& shared, const Bytes& bits) {
    check_size(bits, shared.visible(), "visible");
    const std::uint8_t* data = bits.data();
    shared.exclusively([&](GibbsSampler& sampler) { sampler.set_visible(data); });
}

void write_hidden(SharedGibbs& shared, const Bytes& bits) {
    check_size(bits, shared.hidden(), "hidden");
    const std::uint8_t* data = bits.data();
    shared.exclusively([&](GibbsSampler& sampler) { sampler.set_hidden(data); });
}

/// An empty mask clamps nothing.
void write_clamped(SharedGibbs& shared, const Bytes& mask) {
    if (mask.size() != 0) check_size(mask, shared.visible(), "clamp");
    const std::uint8_t* data = mask.size() == 0 ? nullptr : mask.data();
    shared.exclusively([&](GibbsSampler& sampler) { sampler.set_clamped(data); });
}

void write_rbm(SharedGibbs& shared, const Floats& weights, const Floats& visible_bias, const Floats& hidden_bias,
               bool visible_spin, bool hidden_spin) {
    const Rbm rbm = make_rbm(weights, visible_bias, hidden_bias, visible_spin, hidden_spin);
    shared.exclusively([&](GibbsSampler& sampler) { sampler.set_rbm(rbm); });
}

}  // namespace

void register_rbm(py::module_& m) {
    py::class_<SharedGibbs>(m, "GibbsSampler")
        .def(py::init(&make_sampler), py::kw_only(), py::arg("weights").noconvert(),
             py::arg("visible_bias").noconvert(), py::arg("hidden_bias").noconvert(), py::arg("visible_spin"),
             py::arg("hidden_spin"), py::arg("beta"), py::arg("chains"), py::arg("seed"), py::arg("fixed16"),
             py::arg("device"), py::arg("threads"))
        .def("run", &run, py::arg("steps"))
        .def("draw_hidden", [](SharedGibbs& shared) { shared.exclusively([](GibbsSampler& s) { s.draw_hidden(); }); })
        .def("draw_visible", [](SharedGibbs& shared) { shared.exclusively([](GibbsSampler& s) { s.draw_visible(); }); })
        .def("log_weight", &log_weight, py::arg("beta"))
        .def("moments", &moments, py::arg("chosen").noconvert(), py::arg("sampled"))
        .def("visible", &visible)
        .def("hidden", &hidden)
        .def(
            "read_visible",
            [](SharedGibbs& shared, std::uintptr_t pointer) {
                shared.exclusively([&](GibbsSampler& s) { s.visible(reinterpret_cast<std::uint8_t*>(pointer)); });
            },
            py::arg("pointer"))
        .def(
            "read_hidden",
            [](SharedGibbs& shared, std::uintptr_t pointer) {
                shared.exclusively([&](GibbsSampler& s) { s.hidden(reinterpret_cast<std::uint8_t*>(pointer)); });
            },
            py::arg("pointer"))
        .def("snapshot", &snapshot)
        .def("write_visible", &write_visible, py::arg("bits").noconvert())
        .def("write_hidden", &write_hidden, py::arg("bits").noconvert())
        .def("write_clamped", &write_clamped, py::arg("mask").noconvert())
        .def("write_rbm", &write_rbm, py::kw_only(), py::arg("weights").noconvert(),
             py::arg("visible_bias").noconvert(), py::arg("hidden_bias").noconvert(), py::arg("visible_spin"),
             py::arg("hidden_spin"))
        .def(
            "set_beta",
            [](SharedGibbs& shared, const std::vector<double>& beta) {
                shared.exclusively([&](GibbsSampler& s) { s.set_beta(beta); });
            },
            py::arg("beta"))
        .def_property(
            "step", [](SharedGibbs& shared) { return shared.exclusively([](GibbsSampler& s) { return s.step(); }); },
            [](SharedGibbs& shared, std::int64_t step) {
                shared.exclusively([&](GibbsSampler& s) { s.set_step(step); });
            })
        .def_property_readonly(
            "scale", [](SharedGibbs& shared) { return shared.exclusively([](GibbsSampler& s) { return s.scale(); }); })
        .def_property_readonly("kernel", &SharedGibbs::kernel);
}

}  // namespace kadanoff::python
