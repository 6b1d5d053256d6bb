#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kadanoff/error.hpp"
#include "kadanoff/tensor/network.hpp"
#include "register.hpp"
#include "shared_sampler.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

DType dtype_of(const py::dtype& dtype) {
    switch (dtype.num()) {
        case py::detail::npy_api::NPY_FLOAT_: return DType::float32;
        case py::detail::npy_api::NPY_DOUBLE_: return DType::float64;
        case py::detail::npy_api::NPY_CFLOAT_: return DType::complex64;
        case py::detail::npy_api::NPY_CDOUBLE_: return DType::complex128;
        default: throw py::type_error("[NetworkTensors] expected float32, float64, complex64 or complex128");
    }
}

/// Arrays whose addresses are looked up once.
struct NetworkTensors {
    NetworkTensors(const py::sequence& list, const py::dtype& type) : dtype(dtype_of(type)) {
        const int number = type.num();
        for (const py::handle item : list) {
            if (!py::isinstance<py::array>(item)) throw py::type_error("[NetworkTensors] expected arrays");
            auto array = py::reinterpret_borrow<py::array>(item);
            const py::dtype own = array.dtype();
            constexpr int ready = int{py::array::c_style} | int{py::detail::npy_api::NPY_ARRAY_ALIGNED_};
            if ((array.flags() & ready) != ready || own.num() != number || own.byteorder() != '=') {
                throw py::type_error("[NetworkTensors] expected contiguous arrays of one type");
            }
            addresses.push_back(array.data());
            sizes.push_back(array.size());
            shapes.insert(shapes.end(), array.shape(), array.shape() + array.ndim());
            ranks.push_back(array.ndim());
            arrays.push_back(std::move(array));
        }
    }

    /// Number of the first array with NaN or infinity in it; -1 if there is none.
    int first_not_finite() const {
        const auto finite = [](const auto* values, std::int64_t count) {
            bool good = true;
            for (std::int64_t i = 0; i < count; ++i) good &= values[i] - values[i] == 0;
            return good;
        };
        const bool doubles = dtype == DType::float64 || dtype == DType::complex128;
        const std::int64_t parts = dtype == DType::complex64 || dtype == DType::complex128 ? 2 : 1;
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            const bool good = doubles ? finite(static_cast<const double*>(addresses[k]), sizes[k] * parts)
                                      : finite(static_cast<const float*>(addresses[k]), sizes[k] * parts);
            if (!good) return static_cast<int>(k);
        }
        return -1;
    }

    DType dtype;
    std::vector<py::array> arrays;
    std::vector<const void*> addresses;
    std::vector<std::int64_t> sizes, shapes, ranks;  ///< shapes one after the other
};

/// Looks for signals, and tells a function of Python, unless it is None, how many slices are done.
NetworkContraction::Poll polled(const py::object& progress) {
    return [&progress](std::int64_t done) {
        const py::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() != 0) return false;
        if (progress.is_none()) return true;
        try {
            progress(done);
        } catch (py::error_already_set& error) {
            error.restore();
            return false;
        }
        return true;
    };
}

/// A contraction, with the sizes by which arrays are checked.
class Network {
public:
    Network(const std::vector<std::vector<int>>& inputs, const std::vector<int>& output,
            const std::vector<std::int64_t>& sizes, const std::vector<std::array<int, 2>>& pairs,
            const std::vector<int>& sliced, const py::dtype& dtype, const std::vector<int>& gradients)
        : dtype_(dtype_of(dtype)),
          gradients_(gradients),
          contraction_({inputs, output, sizes}, {pairs, sliced}, dtype_, gradients) {
        const auto size = [&](const std::vector<int>& labels) {
            std::int64_t result = 1;
            for (const int label : labels) result *= sizes[static_cast<std::size_t>(label)];
            return result;
        };
        for (const auto& labels : inputs) {
            input_sizes_.push_back(size(labels));
            ranks_.push_back(static_cast<std::int64_t>(labels.size()));
            for (const int label : labels) shapes_.push_back(sizes[static_cast<std::size_t>(label)]);
        }
        output_size_ = size(output);
    }

    const NetworkContraction& contraction() const { return contraction_; }

    /// Whether tensors have the shapes that were planned.
    bool fits(const NetworkTensors& tensors) const { return tensors.shapes == shapes_ && tensors.ranks == ranks_; }

    /// The exponent of 2 that the output is to be multiplied by; 0 unless `scaled`.
    std::int64_t run(const NetworkTensors& tensors, py::array& out, bool scaled, int threads,
                     const py::object& progress) const {
        check_tensors(tensors);
        void* output = address(out, output_size_);
        std::int64_t exponent = 0;
        bool finished;
        const NetworkContraction::Poll poll = polled(progress);
        {
            const py::gil_scoped_release release;
            finished = scaled ? contraction_.run_scaled(tensors.addresses, output, exponent, threads, poll)
                              : contraction_.run(tensors.addresses, output, threads, poll);
        }
        if (!finished) throw py::error_already_set();
        return exponent;
    }

    std::int64_t run_gradients(const NetworkTensors& tensors, py::array& cotangent, py::array& out,
                               std::vector<py::array>& gradients, bool scaled, int threads,
                               const py::object& progress) const {
        check_tensors(tensors);
        const void* seed = address(cotangent, output_size_);
        void* output = address(out, output_size_);
        std::vector<void*> to;
        if (gradients.size() != gradients_.size()) throw py::value_error("[Network] expected an array per gradient");
        for (std::size_t g = 0; g < gradients.size(); ++g) {
            to.push_back(address(gradients[g], input_sizes_[static_cast<std::size_t>(gradients_[g])]));
        }
        std::int64_t exponent = 0;
        bool finished;
        const NetworkContraction::Poll poll = polled(progress);
        {
            const py::gil_scoped_release release;
            finished =
                scaled ? contraction_.run_gradients_scaled(tensors.addresses, seed, output, to, exponent, threads, poll)
                       : contraction_.run_gradients(tensors.addresses, seed, output, to, threads, poll);
        }
        if (!finished) throw py::error_already_set();
        return exponent;
    }

private:
    void check_tensors(const NetworkTensors& tensors) const {
        if (tensors.dtype != dtype_ || tensors.sizes != input_sizes_) {
            throw py::value_error("[Network] expected tensors of the planned type and sizes");
        }
    }

    void* address(py::array& array, std::int64_t size) const {
        if (array.size() != size || (array.flags() & py::array::c_style) == 0 || dtype_of(array.dtype()) != dtype_) {
            throw py::value_error("[Network] expected contiguous arrays of the planned type and size");
        }
        return array.mutable_data();
    }

    DType dtype_;
    std::vector<int> gradients_;
    NetworkContraction contraction_;
    std::vector<std::int64_t> input_sizes_, shapes_, ranks_;
    std::int64_t output_size_ = 1;
};

}  // namespace

void register_tensor_network(py::module_& m) {
    py::class_<NetworkTensors>(m, "NetworkTensors")
        .def(py::init<const py::sequence&, const py::dtype&>(), py::arg("arrays"), py::arg("dtype"))
        .def("first_not_finite", &NetworkTensors::first_not_finite);
    py::class_<Network>(m, "Network")
        .def(py::init<const std::vector<std::vector<int>>&, const std::vector<int>&, const std::vector<std::int64_t>&,
                      const std::vector<std::array<int, 2>>&, const std::vector<int>&, const py::dtype&,
                      const std::vector<int>&>(),
             py::kw_only(), py::arg("inputs"), py::arg("output"), py::arg("sizes"), py::arg("pairs"), py::arg("sliced"),
             py::arg("dtype"), py::arg("gradients"))
        .def_property_readonly("slices", [](const Network& n) { return n.contraction().slices(); })
        .def_property_readonly("flops", [](const Network& n) { return n.contraction().flops(); })
        .def_property_readonly("largest", [](const Network& n) { return n.contraction().largest(); })
        .def("fits", &Network::fits, py::arg("tensors"))
        .def(
            "bytes", [](const Network& n, int threads) { return n.contraction().bytes(threads); }, py::arg("threads"))
        .def("run", &Network::run, py::arg("tensors"), py::arg("out").noconvert(), py::arg("scaled"),
             py::arg("threads"), py::arg("progress") = py::none())
        .def("run_gradients", &Network::run_gradients, py::arg("tensors"), py::arg("cotangent").noconvert(),
             py::arg("out").noconvert(), py::arg("gradients"), py::arg("scaled"), py::arg("threads"),
             py::arg("progress") = py::none());
}

}  // namespace kadanoff::python
