#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kadanoff/isa.hpp"
#include "kadanoff/rbm.hpp"
#include "rbm/drives.hpp"
#include "rbm/layer.hpp"
#include "rbm/machine.hpp"
#include "rbm/moments.hpp"
#include "rbm/thread_scratch.hpp"

namespace kadanoff {

/// The chains of a sampler: what lies behind its public operations.
class GibbsSampler::Chains {
public:
    Chains(const Rbm& rbm, const GibbsOptions& options);

    /// Does the steps [step, step + count).
    void advance(std::uint64_t step, std::int64_t count);

    RbmLayer& visible() { return visible_; }
    RbmLayer& hidden() { return hidden_; }
    const RbmLayer& visible() const { return visible_; }
    const RbmLayer& hidden() const { return hidden_; }
    void set_clamped(const std::uint8_t* mask);
    /// Throws InvalidArgument, and changes nothing, if fixed16 is too coarse.
    void set_beta(const std::vector<double>& beta);
    void set_rbm(const Rbm& rbm, const std::vector<double>& beta);

    /// ln(sum over h of exp(-beta E(v, h))) of each chain.
    void log_weight(const std::vector<double>& beta, double* out);

    /// See GibbsSampler::moments.
    void moments(const std::uint8_t* chosen, HiddenMoments hidden, double* visible_out, double* hidden_out,
                 double* products);

    double scale() const { return machine_.scale(); }
    std::string kernel() const { return std::string("rbm-") + name(isa_); }

private:
    /// Units of the layer that a thread draws, and words of chains.
    struct Share {
        std::int64_t first_word, last_word, first_unit, last_unit;
    };

    Share share(std::int64_t units, int worker, int workers, bool by_chains) const;
    RbmJob job(std::uint64_t step, bool visible, RbmThreadScratch& scratch);
    void draw_layer(std::uint64_t step, bool visible, const Share& share, RbmThreadScratch& scratch);
    void reserve_scratch(int workers);
    /// Workers that share the words of chains in whole blocks, for so much work.
    int workers_for(double work) const;

    Precision precision_;
    std::uint64_t seed_;
    int threads_;
    std::int64_t chains_;
    Isa isa_;
    RbmKernel kernel_;
    RbmMachine machine_;
    RbmLogistic logistic_;
    RbmLayer visible_, hidden_;
    std::unique_ptr<RbmLayer> clamped_;
    ChainDrives drives_;
    std::vector<RbmThreadScratch> scratch_;
    std::vector<MomentScratch> moment_scratch_;
};

}  // namespace kadanoff
