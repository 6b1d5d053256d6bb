#include <benchmark/benchmark.h>

#include <fstream>
#include <string>
#include <vector>

#include "bench.hpp"
#include "kadanoff/config.hpp"
#include "kadanoff/isa.hpp"

namespace {

/// The processor's name, from the kernel.
std::string machine() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
    }
    return "unknown";
}

std::string instruction_sets() {
    std::string names;
    for (const kadanoff::Isa isa : kadanoff::available_isas()) {
        if (!names.empty()) names += ' ';
        names += kadanoff::name(isa);
    }
    return names;
}

/// Median and spread over short repetitions, after a warm-up, unless the caller's options say otherwise.
std::vector<std::string> default_options() {
    return {"--benchmark_min_time=0.05", "--benchmark_min_warmup_time=0.02", "--benchmark_repetitions=5",
            "--benchmark_report_aggregates_only=true"};
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> options = default_options();
    options.insert(options.begin(), argv[0]);
    options.insert(options.end(), argv + 1, argv + argc);
    std::vector<char*> arguments;
    arguments.reserve(options.size());
    for (std::string& option : options) arguments.push_back(option.data());
    int count = static_cast<int>(arguments.size());
    benchmark::AddCustomContext("machine", machine());
    benchmark::AddCustomContext("instruction_sets", instruction_sets());
    benchmark::AddCustomContext("compiler", KADANOFF_COMPILER);
    benchmark::AddCustomContext("commit", KADANOFF_COMMIT);
    benchmark::AddCustomContext("kadanoff_version", KADANOFF_VERSION);
    bench::register_roofline();
    bench::register_random_numbers();
    bench::register_updates();
    bench::register_measurements();
    bench::register_graphs();
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
