#pragma once

#include <pybind11/pybind11.h>

namespace kadanoff::python {

void register_annealing(pybind11::module_& m);
void register_build(pybind11::module_& m);
void register_einsum(pybind11::module_& m);
void register_gaussian(pybind11::module_& m);
void register_lattice(pybind11::module_& m);
void register_random(pybind11::module_& m);
void register_rbm(pybind11::module_& m);
void register_rbm_likelihood(pybind11::module_& m);
void register_sampler(pybind11::module_& m);
void register_self_learning(pybind11::module_& m);
void register_tempering(pybind11::module_& m);
void register_tensor_network(pybind11::module_& m);
void register_tensor_path(pybind11::module_& m);

}  // namespace kadanoff::python
