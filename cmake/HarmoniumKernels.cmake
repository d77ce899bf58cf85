# hm_add_kernels(target ELEMENTWISE body... FUSED body...): compiles each body once per instruction set and tells the
# target which sets there are. The objects come back in HM_KERNEL_OBJECTS. Elementwise bodies are compiled without
# contraction, so that all sets give the same bits; fused ones with it, only for sets that have fused multiply-add, and once
# more for bfloat16.
include(CheckCCompilerFlag)

# hm_add_kernel_library(name contraction FLAGS flag... DEFINITIONS definition... SOURCES body...)
function(hm_add_kernel_library name contraction)
    cmake_parse_arguments(LIBRARY "" "" "FLAGS;DEFINITIONS;SOURCES" ${ARGN})
    add_library(${name} OBJECT ${LIBRARY_SOURCES})
    target_include_directories(${name} PRIVATE include src)
    target_compile_options(${name} PRIVATE -O3 -fno-math-errno -fno-trapping-math -ffp-contract=${contraction}
                           ${LIBRARY_FLAGS})
    target_compile_definitions(${name} PRIVATE ${LIBRARY_DEFINITIONS})
    target_link_libraries(${name} PRIVATE hm_flags)
    set(objects ${objects} $<TARGET_OBJECTS:${name}> PARENT_SCOPE)
endfunction()

function(hm_add_kernels target)
    cmake_parse_arguments(KERNELS "" "" "ELEMENTWISE;FUSED" ${ARGN})
    set(objects "")
    set(flags_generic "")
    set(flags_avx2 -march=x86-64-v3)
    set(flags_avx512 -march=x86-64-v4 -mprefer-vector-width=512)
    set(sets generic)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND NOT HM_PLAIN)
        check_c_compiler_flag(-march=x86-64-v4 HM_COMPILER_KNOWS_X86_64_V4)
        if(HM_COMPILER_KNOWS_X86_64_V4)
            list(APPEND sets avx2 avx512)
        endif()
    endif()
    foreach(set ${sets})
        string(TOUPPER ${set} upper)
        target_compile_definitions(${target} PRIVATE HM_HAVE_KERNEL_${upper})
        hm_add_kernel_library(hm_kernels_${set} off FLAGS ${flags_${set}} DEFINITIONS HM_KERNEL_ISA=${set}
                              SOURCES ${KERNELS_ELEMENTWISE})
        if(set STREQUAL generic)
            continue()
        endif()
        hm_add_kernel_library(hm_panels_${set} fast FLAGS ${flags_${set}} DEFINITIONS HM_PANELS_NAME=${set}_f32
                              SOURCES ${KERNELS_FUSED})
    endforeach()
    if(avx512 IN_LIST sets)
        target_compile_definitions(${target} PRIVATE HM_HAVE_PANELS_AVX512_BF16)
        hm_add_kernel_library(hm_panels_bf16 fast FLAGS ${flags_avx512} -mavx512bf16
                              DEFINITIONS HM_PANELS_NAME=avx512_bf16 HM_PANELS_BF16 SOURCES ${KERNELS_FUSED})
    endif()
    set(HM_KERNEL_OBJECTS ${objects} PARENT_SCOPE)
endfunction()
