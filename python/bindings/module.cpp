#include "register.hpp"

#include "kadanoff/error.hpp"

namespace py = pybind11;

PYBIND11_MODULE(_core, m) {
    m.doc() = "Compiled core of kadanoff.";
    py::register_exception_translator([](std::exception_ptr error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const kadanoff::InvalidArgument& invalid) {
            py::set_error(PyExc_ValueError, invalid.what());
        } catch (const kadanoff::Error& failure) {
            py::set_error(PyExc_RuntimeError, failure.what());
        }
    });
    kadanoff::python::register_build(m);
    kadanoff::python::register_einsum(m);
    kadanoff::python::register_gaussian(m);
    kadanoff::python::register_lattice(m);
    kadanoff::python::register_random(m);
    kadanoff::python::register_rbm(m);
    kadanoff::python::register_rbm_likelihood(m);
    kadanoff::python::register_sampler(m);
    kadanoff::python::register_self_learning(m);
    kadanoff::python::register_tempering(m);
    kadanoff::python::register_tensor_network(m);
    kadanoff::python::register_tensor_path(m);
    kadanoff::python::register_annealing(m);
}
