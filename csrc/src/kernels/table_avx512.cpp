#include "kernels/simd_avx512.hpp"

#include "kernels/table_inl.hpp"

namespace kadanoff {

TableKernel avx512_table(TableChoice choice) noexcept { return select_table<Avx512Ops>(choice); }

}  // namespace kadanoff
