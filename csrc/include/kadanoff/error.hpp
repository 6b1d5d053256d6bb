#pragma once

#include <stdexcept>
#include <string>

namespace kadanoff {

/// Base of every exception thrown by the library.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// An argument has the right type and the wrong value; ValueError in Python.
class InvalidArgument : public Error {
public:
    using Error::Error;
};

/// The build or the machine lacks what was asked for (a device, an instruction set); RuntimeError in Python.
class Unavailable : public Error {
public:
    using Error::Error;
};

}  // namespace kadanoff
