#pragma once

#include <vector>

namespace kadanoff {

/// How update "self-learning" proposes new states (Liu, Qi, Meng and Fu, Phys. Rev. B 95 (2017) 041101): by Wolff
/// clusters of an effective model E_eff = -sum_n J_n C_n on the square lattice, C_n being the sum of s_i s_j over the
/// pairs of n-th neighbours. They are accepted, all or none, with probability
/// min(1, exp(-beta [(E' - E) - (E_eff' - E_eff)])), so that the model itself is sampled, whatever the J_n are.
///
/// The model is Ising on a periodic square lattice with one coupling, one field and any plaquette coupling.
struct SelfLearning {
    std::vector<double> couplings;  ///< J_1 to J_3, as many as there are; of either sign
    int clusters = 1;               ///< of a proposal
};

}  // namespace kadanoff
