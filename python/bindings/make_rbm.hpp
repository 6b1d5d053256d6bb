#pragma once

#include <pybind11/numpy.h>

#include <vector>

#include "kadanoff/rbm.hpp"

namespace kadanoff::python {

using Floats = pybind11::array_t<float, pybind11::array::c_style>;

inline std::vector<float> numbers(const Floats& array) { return {array.data(), array.data() + array.size()}; }

inline Rbm make_rbm(const Floats& weights, const Floats& visible_bias, const Floats& hidden_bias, bool visible_spin,
                    bool hidden_spin) {
    return {visible_bias.size(),
            hidden_bias.size(),
            numbers(weights),
            numbers(visible_bias),
            numbers(hidden_bias),
            visible_spin ? Units::spin : Units::binary,
            hidden_spin ? Units::spin : Units::binary};
}

}  // namespace kadanoff::python
