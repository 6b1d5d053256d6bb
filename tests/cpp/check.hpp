#pragma once

#include <cstdio>
#include <exception>
#include <sstream>
#include <string>
#include <vector>

/// The test harness: a fresh machine needs nothing but a compiler. A failed check is printed and counted, the case
/// goes on; main (check_main.cpp) returns 1 if any check failed or a case threw.
namespace check {

struct Case {
    const char* name;
    void (*body)();
};

struct Registry {
    std::vector<Case> cases;
    long checks = 0;
    long failures = 0;
};

Registry& registry();

struct Register {
    Register(const char* name, void (*body)()) { registry().cases.push_back({name, body}); }
};

/// Counts a check; prints what went wrong if it failed.
bool report(bool passed, const char* file, int line, const std::string& what);

/// Whether `text` holds `part`, and a message that shows both if not.
bool report_text(const std::string& text, const std::string& part, const char* file, int line);

template <class Actual, class Expected>
bool report_equal(const Actual& actual, const Expected& expected, const char* file, int line, const char* expression) {
    if (actual == expected) return report(true, file, line, {});
    std::ostringstream what;
    what << expression << ": expected " << expected << ", got " << actual;
    return report(false, file, line, what.str());
}

}  // namespace check

/// Defines and registers a test case.
#define TEST_CASE(name)                                        \
    static void name();                                        \
    static const check::Register register_##name(#name, name); \
    static void name()

/// CHECK(condition) and CHECK_EQUAL(actual, expected) are true if they passed, so that a loop can stop.
#define CHECK(condition) check::report((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQUAL(actual, expected) check::report_equal((actual), (expected), __FILE__, __LINE__, #actual)

/// The statement must throw this very type with `text` in its message.
#define CHECK_THROWS(Type, text, statement)                                                               \
    try {                                                                                                 \
        statement;                                                                                        \
        check::report(false, __FILE__, __LINE__, "expected " #Type " from " #statement);                  \
    } catch (const Type& error) {                                                                         \
        check::report_text(error.what(), text, __FILE__, __LINE__);                                       \
    } catch (const std::exception& error) {                                                               \
        check::report(false, __FILE__, __LINE__, std::string("expected " #Type ", got ") + error.what()); \
    }
