#include "engine/engine.hpp"

namespace kadanoff {

std::unique_ptr<Engine> make_engine(const EngineRequest& request) { return make_checkerboard_engine(request); }

}  // namespace kadanoff
