#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "einsum_operand.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/tensor/einsum.hpp"
#include "lru_cache.hpp"
#include "register.hpp"

namespace kadanoff::python {

namespace py = pybind11;

namespace {

constexpr std::size_t planned_expressions = 4096;
/// Products that take about as long as giving up the interpreter's lock and getting it back.
constexpr double work_without_lock = 1 << 16;

/// (search, most elements of an intermediate, groups) as python/kadanoff/tensor/contraction makes it; None: automatic.
EinsumPath read_path(py::handle path) {
    EinsumPath result;
    if (path.is_none()) return result;
    const auto parts = py::cast<py::tuple>(path);
    result.search = static_cast<EinsumPath::Search>(py::cast<int>(parts[0]));
    result.most_elements = py::cast<double>(parts[1]);
    result.groups = py::cast<std::vector<std::vector<int>>>(parts[2]);
    return result;
}

void append(std::vector<std::uint64_t>& key, const EinsumPath& path) {
    key.push_back(static_cast<std::uint64_t>(path.search));
    key.push_back(std::bit_cast<std::uint64_t>(path.most_elements));
    for (const std::vector<int>& group : path.groups) {
        key.push_back(group.size());
        for (const int position : group) key.push_back(static_cast<std::uint64_t>(position));
    }
}

/// Appends the letters of a list or tuple of labels; false where one is no plain integer in [0, 52) and no Ellipsis.
bool append_labels(PyObject* labels, std::string& text) {
    constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if (!PyList_CheckExact(labels) && !PyTuple_CheckExact(labels)) return false;
    const Py_ssize_t count = PySequence_Fast_GET_SIZE(labels);
    for (Py_ssize_t i = 0; i < count; ++i) {
        PyObject* const label = PySequence_Fast_GET_ITEM(labels, i);
        if (label == Py_Ellipsis) {
            text += "...";
            continue;
        }
        if (!PyLong_CheckExact(label)) return false;
        int overflow = 0;
        const long number = PyLong_AsLongAndOverflow(label, &overflow);
        if (overflow != 0 || number < 0 || number >= 52) return false;
        text += letters[number];
    }
    return true;
}

/// The arguments of a call that needs no conversion.
struct Call {
    std::string_view equation;
    std::string written;  ///< the equation, where it was given as lists of labels
    std::vector<OperandView> operands;
    std::optional<OperandView> out;
    PyObject* path = Py_None;

    /// False where NumPy has to convert something first.
    bool read(PyObject* arguments, PyObject* output) {
        if (PyTuple_GET_SIZE(arguments) < 2) return false;
        PyObject* first = PyTuple_GET_ITEM(arguments, 0);
        if (!(PyUnicode_CheckExact(first) ? read_text(arguments) : read_lists(arguments))) return false;
        if (output == Py_None) return true;
        out.emplace(output);
        return out->ready() && out->writeable() && out->dtype() == operands.front().dtype();
    }

    bool read_text(PyObject* arguments) {
        PyObject* text = PyTuple_GET_ITEM(arguments, 0);
        if (!PyUnicode_IS_COMPACT_ASCII(text)) return false;
        equation = {reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(text)),
                    static_cast<std::size_t>(PyUnicode_GET_LENGTH(text))};
        const Py_ssize_t size = PyTuple_GET_SIZE(arguments);
        operands.reserve(static_cast<std::size_t>(size - 1));
        for (Py_ssize_t i = 1; i < size; ++i) {
            if (!add_operand(PyTuple_GET_ITEM(arguments, i))) return false;
        }
        return true;
    }

    bool read_lists(PyObject* arguments) {
        const Py_ssize_t size = PyTuple_GET_SIZE(arguments);
        operands.reserve(static_cast<std::size_t>(size / 2));
        for (Py_ssize_t i = 0; i + 1 < size; i += 2) {
            if (!add_operand(PyTuple_GET_ITEM(arguments, i))) return false;
            if (i > 0) written += ',';
            if (!append_labels(PyTuple_GET_ITEM(arguments, i + 1), written)) return false;
        }
        if (size % 2 != 0) {
            written += "->";
            if (!append_labels(PyTuple_GET_ITEM(arguments, size - 1), written)) return false;
        }
        equation = written;
        return true;
    }

    bool add_operand(PyObject* array) {
        operands.emplace_back(array);
        return operands.back().ready() && operands.back().dtype() == operands.front().dtype();
    }

    /// Whether the operands have these shapes: of each the number of axes, then the extents, as 64-bit integers.
    bool has_shapes(PyObject* expected) const {
        const char* at = PyBytes_AS_STRING(expected);
        const char* const end = at + PyBytes_GET_SIZE(expected);
        for (const OperandView& operand : operands) at = operand.match_shape(at, end);
        return at == end;
    }

    void write_key(std::vector<std::uint64_t>& key) const {
        key.clear();
        key.push_back(static_cast<std::uint64_t>(operands.front().dtype()) | (out ? 16U : 0U) | operands.size() << 8 |
                      equation.size() << 32);
        for (std::size_t i = 0; i < equation.size(); i += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, equation.data() + i, std::min<std::size_t>(8, equation.size() - i));
            key.push_back(word);
        }
        for (const OperandView& operand : operands) operand.append(key);
        if (out) out->append(key);
        if (path != Py_None) append(key, read_path(path));
    }

    std::shared_ptr<const Einsum> plan() const {
        std::vector<TensorLayout> layouts;
        for (const OperandView& operand : operands) layouts.push_back(operand.layout());
        std::optional<std::vector<std::int64_t>> strides;
        if (out) strides = out->layout().strides;
        return std::make_shared<const Einsum>(equation, operands.front().dtype(), layouts, strides, read_path(path));
    }

    /// Whether results may be written to out as they are made.
    bool may_write(const Einsum& expression) const {
        if (!out->has_shape(expression.output_shape()) || !out->elements_are_apart()) return false;
        for (const OperandView& operand : operands) {
            if (operand.bounds().overlap(out->bounds())) return false;
        }
        return true;
    }
};

/// Planned expressions, and memory for a key; used under the interpreter's lock, and with no call into Python between.
struct Planned {
    LruCache<std::shared_ptr<const Einsum>> cache{planned_expressions};
    std::vector<std::uint64_t> key;
};

Planned& planned() {
    static Planned state;
    return state;
}

void run(const Einsum& expression, const Call& call, void* output, int threads) {
    constexpr std::size_t few = 8;
    std::array<const void*, few> pointers;
    std::vector<const void*> many;
    const std::size_t count = call.operands.size();
    if (count > few) many.resize(count);
    const void** operands = count > few ? many.data() : pointers.data();
    for (std::size_t i = 0; i < count; ++i) operands[i] = call.operands[i].data();
    if (expression.work() < work_without_lock) {
        expression.run(operands, output, threads);
    } else {
        const py::gil_scoped_release unlocked;
        expression.run(operands, output, threads);
    }
}

PyObject* not_implemented() {
    Py_INCREF(Py_NotImplemented);
    return Py_NotImplemented;
}

PyObject* contract(PyObject* arguments, PyObject* output, PyObject* path, int threads, PyObject* shapes) {
    Call call;
    call.path = path;
    if (!call.read(arguments, output)) return not_implemented();
    if (shapes != nullptr && !call.has_shapes(shapes)) return not_implemented();
    Planned& state = planned();
    call.write_key(state.key);
    const std::shared_ptr<const Einsum>* found = state.cache.find(state.key);
    if (found == nullptr) found = &state.cache.insert(state.key, call.plan());
    // Held here: another thread may fill the cache while the lock is given up.
    const std::shared_ptr<const Einsum> expression = *found;
    if (call.out) {
        if (!call.may_write(*expression)) return not_implemented();
        run(*expression, call, call.out->data(), threads);
        Py_INCREF(output);
        return output;
    }
    if (expression->view_strides())
        return call.operands.front().view(expression->output_shape(), *expression->view_strides());
    py::object result = call.operands.front().like(expression->output_shape());
    run(*expression, call, py::detail::array_proxy(result.ptr())->data, threads);
    return scalar_if_no_axes(std::move(result));
}

/// einsum(operands, out, path, threads[, shapes]): `operands` is what a caller gives, in either form. NotImplemented
/// where these are not arrays of one dtype that the kernels have, aligned, and apart from `out`, or not of the shapes.
PyObject* einsum(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
    const bool shapes = count == 5;
    if ((count != 4 && !shapes) || !PyTuple_CheckExact(arguments[0]) || (shapes && !PyBytes_CheckExact(arguments[4]))) {
        PyErr_SetString(PyExc_TypeError, "[einsum] expected a tuple, an array, a path and a number of threads");
        return nullptr;
    }
    try {
        const long threads = PyLong_AsLong(arguments[3]);
        if (threads == -1 && PyErr_Occurred()) return nullptr;
        return contract(arguments[0], arguments[1], arguments[2], static_cast<int>(threads),
                        shapes ? arguments[4] : nullptr);
    } catch (py::error_already_set& error) {
        error.restore();
    } catch (const InvalidArgument& error) {
        PyErr_SetString(PyExc_ValueError, error.what());
    } catch (const std::bad_alloc&) {
        PyErr_SetString(PyExc_MemoryError, "[einsum] expected memory for what the steps of a plan make, got none");
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
    return nullptr;
}

/// (shape of the result, whether it is a view, labels of the operands, steps).
py::tuple plan_steps(const std::string& equation, const std::vector<std::vector<std::int64_t>>& shapes,
                     const py::object& path) {
    const EinsumEquation parsed = parse_einsum(equation, shapes);
    std::vector<std::int64_t> shape;
    for (const int label : parsed.output) shape.push_back(parsed.extents[static_cast<std::size_t>(label)]);
    bool view = shapes.size() == 1;
    for (const int label : parsed.operands.front()) {
        view = view && std::ranges::find(parsed.output, label) != parsed.output.end();
    }
    py::list steps;
    for (const EinsumStep& step : einsum_steps(parsed, read_path(path))) {
        steps.append(py::make_tuple(step.left, step.right, step.left_labels, step.right_labels, step.output_labels));
    }
    return py::make_tuple(py::tuple(py::cast(shape)), view, steps);
}

PyMethodDef methods[] = {
    {"einsum", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(einsum)), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void register_einsum(py::module_& m) {
    // Without pybind11's dispatch, which takes as long as a small contraction.
    if (PyModule_AddFunctions(m.ptr(), methods) != 0) throw py::error_already_set();
    m.def("einsum_steps", &plan_steps, py::arg("equation"), py::arg("shapes"), py::arg("path"));
}

}  // namespace kadanoff::python
