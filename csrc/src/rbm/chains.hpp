#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/rbm.hpp"
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

    /// Does the steps [step, step + count), or their half that draws one layer.
    void advance(std::uint64_t step, std::int64_t count, bool draw_hidden = true, bool draw_visible = true);

    std::int64_t units(bool visible) const { return (visible ? visible_ : hidden_).units(); }
    /// The states as they are now, also where a device holds them.
    const RbmLayer& visible() const { return layer(true); }
    const RbmLayer& hidden() const { return layer(false); }
    /// Bytes (chain, unit); `bits` in the memory of the device or the host's.
    void read(bool visible, std::uint8_t* bits) const;
    /// Throws InvalidArgument, and changes nothing, if a byte is neither 0 nor 1.
    void write(bool visible, const std::uint8_t* bits);
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
    std::string kernel() const { return backend_ != nullptr ? backend_->kernel() : std::string("rbm-") + name(isa_); }

private:
    /// Units of the layer that a thread draws, and words of chains.
    struct Share {
        std::int64_t first_word, last_word, first_unit, last_unit;
    };

    const RbmLayer& layer(bool visible) const;
    Share share(std::int64_t units, int worker, int workers, bool by_chains) const;
    RbmJob job(std::uint64_t step, bool visible, RbmThreadScratch& scratch);
    void draw_layer(std::uint64_t step, bool visible, const Share& share, RbmThreadScratch& scratch);
    void advance_here(std::uint64_t step, std::int64_t count, bool draw_hidden, bool draw_visible);
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
    mutable RbmLayer visible_, hidden_;
    mutable bool stale_[2] = {false, false};  ///< the device has newer hidden, visible states
    std::unique_ptr<RbmLayer> clamped_;
    ChainDrives drives_;
    std::vector<RbmThreadScratch> scratch_;
    std::vector<MomentScratch> moment_scratch_;
    std::unique_ptr<RbmBackend> backend_;  ///< null: the CPU
};

}  // namespace kadanoff
