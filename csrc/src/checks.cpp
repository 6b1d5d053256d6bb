#include "checks.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "kadanoff/error.hpp"

namespace kadanoff {

namespace {

void check_number(const char* model, const char* what, double value) {
    if (!std::isfinite(value) || std::fabs(value) > largest_parameter) {
        throw InvalidArgument(std::string("[") + model + "] expected a finite " + what +
                              " of at most 1e12 in size, got " + text(value));
    }
}

void check_values(const char* model, const char* what, const Values& values, std::int64_t items, const char* per) {
    if (!values.uniform() && values.size() != items) {
        throw InvalidArgument(std::string("[") + model + "] expected one " + what + " or one per " + per + " (" +
                              std::to_string(items) + "), got " + std::to_string(values.size()));
    }
    for (const double value : values.all()) check_number(model, what, value);
}

void check_model(const Lattice& lattice, const Ising& model) {
    check_values("Ising", "coupling", model.coupling, lattice.bond_count(), "bond");
    check_values("Ising", "field", model.field, lattice.sites(), "site");
    check_number("Ising", "plaquette coupling", model.plaquette);
    if (model.plaquette != 0.0 && std::string_view(lattice.name()) != "square") {
        throw InvalidArgument(std::string("[Ising] expected a square lattice for a plaquette coupling, got ") +
                              lattice.name());
    }
}

void check_model(const Lattice& lattice, const Potts& model) {
    check_values("Potts", "coupling", model.coupling, lattice.bond_count(), "bond");
    if (model.states < 2 || model.states > 256) {
        throw InvalidArgument("[Potts] expected 2 to 256 states, got " + std::to_string(model.states));
    }
}

void check_name(const char* what, const std::string& name, std::initializer_list<const char*> known) {
    std::string list;
    for (const char* candidate : known) {
        if (name == candidate) return;
        list += (list.empty() ? "'" : ", '") + std::string(candidate) + "'";
    }
    throw InvalidArgument(std::string("[Sampler] expected ") + what + " to be one of " + list + ", got '" + name + "'");
}

/// What update "self-learning" serves, and what it may be told.
void check_self_learning(const Lattice& lattice, const Model& model, const SelfLearning& options) {
    const std::string call = "[SelfLearning] expected ";
    const auto* ising = std::get_if<Ising>(&model);
    const bool square = std::string_view(lattice.name()) == "square";
    if (ising == nullptr || !square || !lattice.periodic()[0] || !lattice.periodic()[1]) {
        throw InvalidArgument(call + "an Ising model on a periodic square lattice, got " +
                              (ising == nullptr ? "a Potts model"
                               : square         ? "an open square lattice"
                                                : std::string("lattice ") + lattice.name()));
    }
    if (!ising->coupling.uniform() || !ising->field.uniform()) {
        throw InvalidArgument(call + "one coupling and one field, got a value for each " +
                              (ising->coupling.uniform() ? "site" : "bond"));
    }
    if (options.couplings.size() < 1 || options.couplings.size() > 3) {
        throw InvalidArgument(call + "1 to 3 effective couplings, got " + std::to_string(options.couplings.size()));
    }
    for (const double j : options.couplings) check_number("SelfLearning", "effective coupling", j);
    const std::int64_t shortest = std::min(lattice.extents()[0], lattice.extents()[1]);
    if (options.couplings.size() == 3 && shortest < 3) {
        throw InvalidArgument(call + "extents of at least 3 for third neighbours, got " +
                              extents_text(lattice.extents()));
    }
    constexpr std::int64_t most = std::int64_t{1} << 28;  // 12 numbers for each site have 32 bits to count them
    if (options.clusters < 1 || lattice.sites() > most / options.clusters) {
        throw InvalidArgument(call + "at least 1 cluster, and at most 2^28 sites in all of them, got " +
                              std::to_string(options.clusters) + " on " + std::to_string(lattice.sites()) + " sites");
    }
}

}  // namespace

std::string text(double value) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

void check_beta(const std::vector<double>& beta, std::int64_t replicas) {
    const auto count = static_cast<std::int64_t>(beta.size());
    if (count != 1 && count != replicas) {
        throw InvalidArgument("[Sampler] expected one beta or one per replica (" + std::to_string(replicas) +
                              "), got " + std::to_string(count));
    }
    for (const double value : beta) {
        if (!(value >= 0.0 && value <= largest_parameter)) {
            throw InvalidArgument("[Sampler] expected beta in [0, 1e12], got " + text(value));
        }
    }
}

void check_request(const Lattice& lattice, const Model& model, const SamplerOptions& options) {
    std::visit([&](const auto& kind) { check_model(lattice, kind); }, model);
    if (options.replicas < 1 || options.replicas > (std::int64_t{1} << 31)) {
        throw InvalidArgument("[Sampler] expected 1 to 2^31 replicas, got " + std::to_string(options.replicas));
    }
    if (options.threads < 0 || options.threads > 4096) {
        throw InvalidArgument("[Sampler] expected 1 to 4096 threads, got " + std::to_string(options.threads));
    }
    check_beta(options.beta, options.replicas);
    if (options.update == "self-learning") {
        check_self_learning(lattice, model, options.self_learning);
    } else {
        check_name("update", options.update, {"heatbath", "metropolis", "wolff", "swendsen-wang"});
    }
    check_name("order", options.order, {"sublattice", "sequential", "random", "parallel"});
}

void check_memory(double bytes) {
    const double present = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
    if (bytes > present) {
        throw InvalidArgument("[Sampler] expected spins that fit into memory, got " +
                              std::to_string(static_cast<std::int64_t>(bytes / 1e9)) + " GB on a machine with " +
                              std::to_string(static_cast<std::int64_t>(present / 1e9)) + " GB");
    }
}

}  // namespace kadanoff
