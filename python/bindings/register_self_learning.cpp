#include <pybind11/numpy.h>

#include <cstdint>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/update/replica_swap.hpp"
#include "register.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Floats = py::array_t<double, py::array::c_style>;

/// Which chains accept the proposals of a step, each with probability min(1, exp(drive)).
py::array_t<bool> decide_proposals(const Floats& drives, std::uint64_t seed, std::uint64_t step) {
    py::array_t<bool> result(drives.size());
    const double* drive = drives.data();
    bool* accepted = result.mutable_data();
    for (py::ssize_t chain = 0; chain < drives.size(); ++chain) {
        const DrawKey key{seed, step, static_cast<std::uint32_t>(chain), Stream::machine_proposal, 0};
        const Block<WordOps> block = draw<WordOps>(key, 0, 0);
        accepted[chain] = accepts_swap(drive[chain], std::uint64_t{block.word[1]} << 32 | block.word[0]);
    }
    return result;
}

}  // namespace

void register_self_learning(py::module_& m) {
    m.def("decide_proposals", &decide_proposals, py::arg("drive").noconvert(), py::arg("seed"), py::arg("step"));
}

}  // namespace kadanoff::python
