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
void register_tempering(pybind11::module_& m);
<<<<<<< HEAD
<<<<<<< HEAD
void register_tensor_network(pybind11::module_& m);
=======
void register_tensor_path(pybind11::module_& m);
>>>>>>> 36e70934ad3add8ede03f6d970bab56261364b3b
=======
void register_tensor_network(pybind11::module_& m);
void register_tensor_path(pybind11::module_& m);
>>>>>>> 8f56a62d8553f4174f6f939318525794685d6cfa

}  // namespace kadanoff::python
