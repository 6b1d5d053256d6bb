# The instruction sets that kernels are compiled for, beside the compiler's default: KADANOFF_X86 and the flags of each.
set(KADANOFF_X86 OFF)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(KADANOFF_X86 ON)
  set(KADANOFF_AVX2_OPTIONS -mavx2 -mpopcnt)
  # GCC 12's own AVX-512 headers trip its uninitialised-variable warning.
  set(KADANOFF_AVX512_OPTIONS -mavx512f -mavx512bw -mavx512dq -mavx512vl -mpopcnt -mprefer-vector-width=512
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized>)
endif()
