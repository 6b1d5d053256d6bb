#include <cstring>

#include "check.hpp"

namespace check {

Registry& registry() {
    static Registry instance;
    return instance;
}

bool report(bool passed, const char* file, int line, const std::string& what) {
    ++registry().checks;
    if (passed) return true;
    ++registry().failures;
    std::printf("%s:%d: failed: %s\n", file, line, what.c_str());
    return false;
}

bool report_text(const std::string& text, const std::string& part, const char* file, int line) {
    const bool found = text.find(part) != std::string::npos;
    return report(found, file, line, found ? "" : "expected '" + part + "' in '" + text + "'");
}

namespace {

void run(const Case& test) {
    const long before = registry().failures;
    try {
        test.body();
    } catch (const std::exception& error) {
        report(false, test.name, 0, std::string("threw: ") + error.what());
    }
    std::printf("%s %s\n", registry().failures == before ? "ok    " : "FAILED", test.name);
}

}  // namespace
}  // namespace check

/// Runs the cases whose name holds the first argument; all without one.
int main(int argc, char** argv) {
    std::setbuf(stdout, nullptr);  // what was printed survives a crash
    const char* filter = argc > 1 ? argv[1] : "";
    int ran = 0;
    for (const check::Case& test : check::registry().cases) {
        if (std::strstr(test.name, filter) == nullptr) continue;
        check::run(test);
        ++ran;
    }
    const check::Registry& result = check::registry();
    std::printf("%d cases, %ld checks, %ld failures\n", ran, result.checks, result.failures);
    return ran > 0 && result.failures == 0 ? 0 : 1;
}
