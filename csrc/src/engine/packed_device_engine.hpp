#pragma once

#include <memory>

#include "backend/packed.hpp"
#include "engine/engine.hpp"

namespace kadanoff {

/// The replica-packed engine on the device that `make` makes a backend for.
std::unique_ptr<Engine> make_packed_engine_on(const EngineRequest& request, MakePackedBackend make);

}  // namespace kadanoff
