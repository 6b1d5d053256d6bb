#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "kadanoff/lattice/colouring.hpp"
#include "kadanoff/lattice/lattice.hpp"
#include "register.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Pairs = py::array_t<std::int64_t, py::array::c_style>;

/// An array that owns the vector's memory: `Item` as the vector holds it, in rows of `columns` numbers.
template <class Number, class Item>
py::array_t<Number> adopt(std::vector<Item> items, py::ssize_t columns) {
    static_assert(sizeof(Item) % sizeof(Number) == 0);
    auto* kept = new std::vector<Item>(std::move(items));
    const py::capsule owner(kept, [](void* data) { delete static_cast<std::vector<Item>*>(data); });
    const auto rows = static_cast<py::ssize_t>(kept->size());
    const auto* numbers = reinterpret_cast<const Number*>(kept->data());
    if (columns == 1) return py::array_t<Number>({rows}, numbers, owner);
    return py::array_t<Number>({rows, columns}, numbers, owner);
}

Lattice make_graph(std::int64_t sites, const Pairs& bonds) {
    if (bonds.ndim() != 2 || bonds.shape(1) != 2) {
        throw py::value_error("[Graph] expected edges of shape (m, 2), got another");
    }
    static_assert(sizeof(Bond) == 2 * sizeof(std::int64_t));
    std::vector<Bond> list(static_cast<std::size_t>(bonds.shape(0)));
    if (!list.empty()) std::memcpy(list.data(), bonds.data(), list.size() * sizeof(Bond));
    const py::gil_scoped_release release;
    return Lattice::graph(sites, std::move(list));
}

py::array_t<std::int64_t> bonds(const Lattice& lattice) {
    std::vector<Bond> list = [&] {
        const py::gil_scoped_release release;
        return lattice.bonds();
    }();
    return adopt<std::int64_t>(std::move(list), 2);
}

/// (colour of every site, number of colours)
py::tuple colouring(const Lattice& lattice) {
    Colouring result = [&] {
        const py::gil_scoped_release release;
        return colour(lattice);
    }();
    return py::make_tuple(adopt<std::uint32_t>(std::move(result.colour), 1), result.colours);
}

}  // namespace

void register_lattice(py::module_& m) {
    py::class_<Lattice>(m, "Lattice")
        .def_static("make", &Lattice::make, py::arg("name"), py::arg("extents"), py::arg("periodic"))
        .def_static("graph", &make_graph, py::arg("sites"), py::arg("bonds").noconvert())
        .def("bonds", &bonds)
        .def("colouring", &colouring)
        .def_property_readonly("name", &Lattice::name)
        .def_property_readonly("extents", [](const Lattice& lattice) { return py::tuple(py::cast(lattice.extents())); })
        .def_property_readonly("periodic",
                               [](const Lattice& lattice) { return py::tuple(py::cast(lattice.periodic())); })
        .def_property_readonly("shape", [](const Lattice& lattice) { return py::tuple(py::cast(lattice.shape())); })
        .def_property_readonly("sites", &Lattice::sites)
        .def_property_readonly("bond_count", &Lattice::bond_count)
        .def_property_readonly("coordination", &Lattice::coordination)
        .def_property_readonly("checkerboard_kind", &Lattice::checkerboard_kind);
}

}  // namespace kadanoff::python
