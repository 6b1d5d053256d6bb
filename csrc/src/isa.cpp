#include "kadanoff/isa.hpp"

#include <cstdlib>
#include <string_view>

#include "kadanoff/error.hpp"

namespace kadanoff {

namespace {

bool runs_here(Isa isa) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    if (isa == Isa::avx512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("popcnt");
    }
#endif
    return isa == Isa::scalar;
}

}  // namespace

const char* name(Isa isa) noexcept {
    switch (isa) {
        case Isa::avx2: return "avx2";
        case Isa::avx512: return "avx512";
        case Isa::scalar: break;
    }
    return "scalar";
}

std::vector<Isa> available_isas() {
    std::vector<Isa> result;
    for (const Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512}) {
        if (runs_here(isa)) result.push_back(isa);
    }
    return result;
}

Isa active_isa() {
    const char* wanted = std::getenv("KADANOFF_ISA");
    if (wanted == nullptr || *wanted == '\0') return available_isas().back();
    for (const Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512}) {
        if (std::string_view(wanted) != name(isa)) continue;
        if (!runs_here(isa)) {
            throw Unavailable(std::string("[KADANOFF_ISA] expected an instruction set of this machine, got ") + wanted);
        }
        return isa;
    }
    throw InvalidArgument(std::string("[KADANOFF_ISA] expected scalar, avx2 or avx512, got ") + wanted);
}

}  // namespace kadanoff
