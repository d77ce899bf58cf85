/* Which sets of inner loops this processor can run. */
#include "compute/kernels/kernels.h"

static bool is_always(void)
{
    return true;
}

#if defined(HM_HAVE_KERNEL_AVX512)
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
}
#endif

#if defined(HM_HAVE_KERNEL_AVX2)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi2");
}
#endif

static const struct {
    const hm_kernels *kernels;
    const hm_cell_kernels *cells;
    bool (*runs_here)(void);
} sets[] = {
#if defined(HM_HAVE_KERNEL_AVX512)
    {&hm_kernels_avx512, &hm_cells_avx512, has_avx512},
#endif
#if defined(HM_HAVE_KERNEL_AVX2)
    {&hm_kernels_avx2, &hm_cells_avx2, has_avx2},
#endif
    {&hm_kernels_generic, &hm_cells_generic, is_always},
};

#if defined(HM_HAVE_PANELS_AVX512_BF16)
static bool has_avx512_bf16(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512bf16");
}
#endif

static const struct {
    size_t group;
    const hm_panel_kernels *kernels;
    bool (*runs_here)(void);
} panels[] = {
#if defined(HM_HAVE_PANELS_AVX512_BF16)
    {2, &hm_panels_avx512_bf16, has_avx512_bf16},
#endif
#if defined(HM_HAVE_KERNEL_AVX512)
    {1, &hm_panels_avx512_f32, has_avx512},
#endif
#if defined(HM_HAVE_KERNEL_AVX2)
    {1, &hm_panels_avx2_f32, has_avx2},
#endif
    {0, NULL, is_always},
};

const hm_panel_kernels *hm_panel_kernels_list(size_t group, size_t index)
{
    for (size_t i = 0; panels[i].kernels; i++)
        if (panels[i].group == group && panels[i].runs_here() && index-- == 0)
            return panels[i].kernels;
    return NULL;
}

const hm_kernels *hm_kernels_list(size_t index)
{
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (sets[i].runs_here() && index-- == 0)
            return sets[i].kernels;
    return NULL;
}

const hm_cell_kernels *hm_cell_kernels_best(void)
{
    size_t i = 0;
    while (!sets[i].runs_here())
        i++;
    return sets[i].cells;
}
