#include <pybind11/stl.h>

#include "kadanoff/config.hpp"
#include "kadanoff/device.hpp"
#include "kadanoff/isa.hpp"
#include "register.hpp"

namespace kadanoff::python {

namespace py = pybind11;

void register_build(py::module_& m) {
    m.attr("__version__") = KADANOFF_VERSION;
    m.attr("rng_version") = KADANOFF_RNG_VERSION;
    m.attr("compiler") = KADANOFF_COMPILER;
    m.attr("built_with_cuda") = built_with_cuda();
    m.def("cuda_device_name", &cuda_device_name);
    m.def("available_isas", [] {
        std::vector<std::string> names;
        for (const Isa isa : available_isas()) names.emplace_back(name(isa));
        return names;
    });
    m.def("active_isa", [] { return std::string(name(active_isa())); });
}

}  // namespace kadanoff::python
