#pragma once

#include <algorithm>

#include "aligned_words.hpp"
#include "kadanoff/update/rbm_job.hpp"
#include "rbm/machine.hpp"

namespace kadanoff {

/// What one thread needs to draw or weigh the layers of a machine.
class RbmThreadScratch {
public:
    explicit RbmThreadScratch(const RbmMachine& machine)
        : index_(words(RbmScratch::index(std::max(machine.to_hidden().groups, machine.to_visible().groups)))),
          state_(words(RbmScratch::state)),
          sums_(words(RbmScratch::sums)),
          partial_(words(RbmScratch::partial)) {}

    void place(RbmJob& job) {
        job.index = index_.data();
        job.state = state_.data();
        job.sums = sums_.data();
        job.partial = partial_.data();
    }

private:
    static AlignedWords words(std::int64_t count) { return AlignedWords(static_cast<std::size_t>(count)); }

    AlignedWords index_, state_, sums_, partial_;
};

}  // namespace kadanoff
