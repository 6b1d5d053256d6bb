#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/sampler.hpp"

namespace kadanoff {

/// Takes every replica of `sampler` through `betas`, `sweeps_per_beta` sweeps at each (Kirkpatrick, Gelatt and Vecchi,
/// Science 220 (1983) 671). Returns the number of betas completed: all, unless `poll` stopped it.
///
/// If they are not null, `best_energy` (replica) and `best_spins` (replica, *lattice.shape()) receive the lowest of the
/// states that each replica was in at the start and after each beta, the first of equals. Throws InvalidArgument, and
/// changes nothing, if a beta is none or there are more sweeps than a sampler can do.
std::int64_t anneal(Sampler& sampler, const std::vector<double>& betas, std::int64_t sweeps_per_beta,
                    double* best_energy = nullptr, std::int8_t* best_spins = nullptr, const Sampler::Poll& poll = {});

/// Systematic resampling of `count` replicas to the weights exp(-beta_step * energy[i]), for beta_step >= 0.
///
/// With tau[i] = count * weight[i] / sum of the weights and one `uniform` in [0, 1), replica i gets floor(tau[i]) or
/// ceil(tau[i]) copies, tau[i] on average (Baker 1987; Kitagawa 1996), up to the rounding of the sums. Sums run in the
/// order of the replicas, and no weight depends on the mathematical library: the same parents on every machine.
///
/// \param parents  count entries, ascending: whose copy each new replica is
/// \return ln Q, the logarithm of the mean weight
double resample(const double* energy, std::int64_t count, double beta_step, double uniform, std::int64_t* parents);

/// The largest step in (0, most] of beta at which resampling removes at most the share `culling_fraction` of the
/// replicas: `most`, or found by bisection and up to one part in 32 smaller. 1e-6 <= culling_fraction < 1.
///
/// That share is (1 / count) * sum of max(0, 1 - tau[i]) on average (Amey and Machta 2018): 1 less the overlap of the
/// energy histograms before and after (Barash, Weigel, Borovsky, Janke and Shchur 2017). It grows with the step.
double largest_step(const double* energy, std::int64_t count, double culling_fraction, double most);

/// One population at one beta.
struct PopulationStep {
    double log_weight = 0.0;       ///< ln Q of the resampling that led here
    double energy = 0.0;           ///< mean of H
    double energy_variance = 0.0;  ///< mean square deviation from it
    double families = 0.0;         ///< initial replicas that have descendants
    double family_square = 0.0;    ///< rho_t = R * sum nu^2, nu the share of a family
    double family_entropy = 0.0;   ///< -sum nu ln nu
};

struct PopulationRecord {
    std::vector<double> betas;           ///< those completed
    std::vector<PopulationStep> steps;   ///< (beta, run) of the betas completed
    std::vector<std::int64_t> families;  ///< (replica): the initial replica that it descends from
};

/// Population annealing (Hukushima and Iba 2003; Machta, Phys. Rev. E 82 (2010) 026704; Wang, Machta and Katzgraber,
/// Phys. Rev. E 92 (2015) 063307): at each of the ascending `betas`, the replicas are resampled from the beta before
/// (0 for the first) and do `sweeps_per_beta` sweeps, none at beta = 0.
///
/// The replicas of `sampler` are `runs` populations of the same size, which never mix. They must be a fair sample at
/// beta = 0, as Start::random gives it; then exp(sum of ln Q) is an unbiased estimate of Z(beta) / Z(0) whatever the
/// size and the sweeps are. Where `poll` stopped it, the record ends with the last beta completed.
///
/// With a `culling_fraction` above 0, further betas are inserted before each of `betas`, by `largest_step` of the last
/// run alone. To the other runs they are given from outside, so that those keep estimates without bias, and every bit
/// of an annealing by the same betas; averages leave the last run out (Amey and Machta, PRE 97 (2018) 033301; Barash
/// et al., Computer Physics Communications 220 (2017) 341).
///
/// Throws InvalidArgument, and changes nothing, if the betas do not ascend from 0 on, sweeps_per_beta < 1, the
/// replicas cannot be split into `runs`, or culling_fraction is neither 0 nor in [1e-6, 1).
PopulationRecord population_anneal(Sampler& sampler, const std::vector<double>& betas, std::int64_t sweeps_per_beta,
                                   std::int64_t runs = 1, const Sampler::Poll& poll = {},
                                   double culling_fraction = 0.0);

}  // namespace kadanoff
