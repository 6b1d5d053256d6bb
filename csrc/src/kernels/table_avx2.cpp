#include "kernels/simd_avx2.hpp"

#include "kernels/table_inl.hpp"

namespace kadanoff {

TableKernel avx2_table(TableChoice choice) noexcept { return select_table<Avx2Ops>(choice); }

}  // namespace kadanoff
