#include "engine/engine.hpp"
#include "kadanoff/error.hpp"

namespace kadanoff {

std::unique_ptr<Engine> make_engine(const EngineRequest& request) {
    if (request.lattice.checkerboard_kind() < 0) {
        throw InvalidArgument("[Sampler] expected a periodic square or cubic lattice of even extents");
    }
    return make_checkerboard_engine(request);
}

}  // namespace kadanoff
