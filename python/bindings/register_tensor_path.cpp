#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kadanoff/error.hpp"
#include "kadanoff/tensor/path.hpp"
#include "register.hpp"
#include "shared_sampler.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Indices = std::vector<std::int32_t>;

py::dict as_dict(const PathCost& cost) {
    py::dict result;
    result["log10_flops"] = cost.log10_flops;
    result["log10_unsliced"] = cost.log10_unsliced;
    result["log2_largest"] = cost.log2_largest;
    result["log2_peak"] = cost.log2_peak;
    result["log2_slices"] = cost.log2_slices;
    return result;
}

PathMethod method_called(const std::string& name) {
    if (name == "greedy") return PathMethod::greedy;
    if (name == "optimal") return PathMethod::optimal;
    if (name == "search") return PathMethod::search;
    return PathMethod::automatic;
}

PathObjective objective_called(const std::string& name) {
    if (name == "size") return PathObjective::size;
    if (name == "combo") return PathObjective::combo;
    return PathObjective::flops;
}

py::tuple find(std::vector<Indices> tensors, Indices output, std::vector<std::int64_t> extents,
               const std::string& method, const std::string& minimize, std::optional<double> seconds,
               std::optional<std::int64_t> trials, double peak_limit, double largest_limit, std::uint64_t seed,
               int threads) {
    const NetworkShape shape{std::move(tensors), std::move(output), std::move(extents)};
    const PathOptions options{
        method_called(method), objective_called(minimize), seconds, trials, peak_limit, largest_limit, seed, threads};
    ContractionPath path;
    bool stopped = false;
    {
        const py::gil_scoped_release release;
        path = find_path(shape, options, [&] { return !(stopped = !poll_signals()); });
    }
    if (stopped) throw py::error_already_set();
    return py::make_tuple(path.pairs, path.sliced, as_dict(path.cost));
}

py::tuple slice(std::vector<Indices> tensors, Indices output, std::vector<std::int64_t> extents, const SsaPath& pairs,
                double peak_limit, double largest_limit) {
    PathOptions options;
    options.peak_limit = peak_limit;
    options.largest_limit = largest_limit;
    const ContractionPath path =
        slice_path({std::move(tensors), std::move(output), std::move(extents)}, pairs, options);
    return py::make_tuple(path.pairs, path.sliced, as_dict(path.cost));
}

py::dict cost(std::vector<Indices> tensors, Indices output, std::vector<std::int64_t> extents, const SsaPath& pairs,
              const Indices& sliced) {
    return as_dict(path_cost({std::move(tensors), std::move(output), std::move(extents)}, pairs, sliced));
}

}  // namespace

void register_tensor_path(py::module_& m) {
    m.def("find_path", &find, py::kw_only(), py::arg("tensors"), py::arg("output"), py::arg("extents"),
          py::arg("method"), py::arg("minimize"), py::arg("seconds"), py::arg("trials"), py::arg("peak_limit"),
          py::arg("largest_limit"), py::arg("seed"), py::arg("threads"));
    m.def("slice_path", &slice, py::kw_only(), py::arg("tensors"), py::arg("output"), py::arg("extents"),
          py::arg("pairs"), py::arg("peak_limit"), py::arg("largest_limit"));
    m.def("path_cost", &cost, py::kw_only(), py::arg("tensors"), py::arg("output"), py::arg("extents"),
          py::arg("pairs"), py::arg("sliced"));
}

}  // namespace kadanoff::python
