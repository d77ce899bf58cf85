/* Making a context: memory, threads and backend together. It stands in compute/ because choosing a
 * backend is what base/ cannot know. */
#include "base/check.h"
#include "base/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/team.h"
#include "compute/backend.h"

enum { THREADS_MAX = 1024 };

static void *system_allocate(void *user, size_t alignment, size_t bytes)
{
    (void)user;
    return aligned_alloc(alignment, bytes);
}

static void system_release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

/* What packed products are computed with. */
static hm_status choose_precision(const char *name, hm_context *context, hm_error *error)
{
    bool is_auto = name && strcmp(name, "auto") == 0, is_bf16 = name && strcmp(name, "bf16") == 0;
    if (name && *name && !is_auto && !is_bf16 && strcmp(name, "f32") != 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "there is no precision \"%s\"; the names are f32, bf16, auto", name);
    context->panels = NULL;
    if (context->backend == &hm_backend_fused && (is_auto || is_bf16))
        context->panels = hm_panel_kernels_list(2, 0);
    if (is_bf16 && !context->panels)
        return hm_fail(error, HM_ERROR_UNSUPPORTED,
                       "precision = bf16 needs the backend fused and a processor with AVX-512 BF16; take f32, or auto, which "
                       "takes what there is");
    if (context->backend == &hm_backend_fused && !context->panels)
        context->panels = hm_panel_kernels_list(1, 0);
    return HM_OK;
}

/* Ranks on one machine share its processors, unless the launcher has bound each of them to some. */
static int choose_n_threads(const hm_team *team)
{
    int n = hm_n_processors(), n_ranks = hm_team_n_local(team);
    bool is_bound = n < hm_n_online();
    return is_bound || n < n_ranks ? (is_bound ? n : 1) : n / n_ranks;
}

hm_status hm_context_create(const hm_context_config *config, hm_context **out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    static const hm_context_config defaults = {0};
    config = config ? config : &defaults;
    hm_context draft = {.allocator = config->allocator,
                        .log = config->log,
                        .log_user = config->log_user,
                        .seed = config->seed,
                        .team = config->team,
                        .should_stop = config->team ? NULL : config->should_stop,
                        .stop_user = config->stop_user};
    if (!draft.allocator.allocate != !draft.allocator.release)
        return hm_fail(error, HM_ERROR_ARGUMENT, "an allocator of one function; give both, allocate and release, or neither");
    if (!draft.allocator.allocate)
        draft.allocator = (hm_allocator){system_allocate, system_release, NULL};
    if (config->n_threads < 0 || config->n_threads > THREADS_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "threads = %d: must lie between 0 (automatic) and %d",
                       config->n_threads, THREADS_MAX);
    hm_status status = hm_backend_choose(config->backend, &draft.backend, error);
    if (status == HM_OK)
        status = choose_precision(config->precision, &draft, error);
    if (status != HM_OK)
        return status;
    hm_context *context = hm_alloc(&draft, 1, sizeof *context, error);
    if (!context)
        return HM_ERROR_MEMORY;
    *context = draft;
    status = hm_pool_create(context, config->n_threads ? config->n_threads : choose_n_threads(config->team), &context->pool,
                            error);
    if (status == HM_OK)
        *out = context;
    else
        hm_free(&draft, context);
    return status;
}

void hm_context_destroy(hm_context *context)
{
    if (!context)
        return;
    hm_context draft = *context;
    hm_pool_destroy(&draft, context->pool);
    hm_free(&draft, context);
}

hm_team *hm_context_team(const hm_context *context)
{
    return context->team;
}

hm_status hm_context_check_stop(const hm_context *context, hm_error *error)
{
    bool is_stopped = context->should_stop && context->should_stop(context->stop_user);
    return is_stopped ? hm_fail(error, HM_ERROR_INTERRUPTED, "stopped") : HM_OK;
}

int hm_context_n_threads(const hm_context *context)
{
    return hm_pool_n_threads(context->pool);
}

uint64_t hm_context_seed(const hm_context *context)
{
    return context->seed;
}

const char *hm_context_backend(const hm_context *context)
{
    return context->backend->name;
}

/* Weak: only OpenBLAS has it. */
extern const char *openblas_get_corename(void) __attribute__((weak));

size_t hm_context_describe(const hm_context *context, char *text, size_t size)
{
    const char *core = context->backend == &hm_backend_blas && openblas_get_corename ? openblas_get_corename() : NULL;
    if (context->panels && context->panels->group == 2)
        core = "bf16";
    return (size_t)snprintf(text, size, "%s %s%s%s", context->backend->name, context->backend->kernels()->name,
                            core ? " " : "", core ? core : "");
}

#define PRESENT 1
#define ABSENT 0
static const hm_feature_info features[] = {
#ifdef HM_HAVE_BLAS
    {"blas", "fast matrix products", PRESENT},
#else
    {"blas", "fast matrix products (libopenblas-dev)", ABSENT},
#endif
#ifdef HM_HAVE_ZLIB
    {"zlib", "gzip-compressed data", PRESENT},
#else
    {"zlib", "gzip-compressed data (zlib1g-dev)", ABSENT},
#endif
#ifdef HM_HAVE_PNG
    {"png", "pictures, in and out", PRESENT},
#else
    {"png", "pictures, in and out (libpng-dev)", ABSENT},
#endif
#ifdef HM_HAVE_JPEG
    {"jpeg", "photographs", PRESENT},
#else
    {"jpeg", "photographs (libjpeg-dev)", ABSENT},
#endif
#ifdef HM_HAVE_GIF
    {"gif", "movies", PRESENT},
#else
    {"gif", "movies (libgif-dev)", ABSENT},
#endif
#ifdef HM_HAVE_CAIRO
    {"cairo", "plots and captions", PRESENT},
#else
    {"cairo", "plots and captions (libcairo2-dev)", ABSENT},
#endif
#ifdef HM_HAVE_INIH
    {"inih", "recipe files", PRESENT},
#else
    {"inih", "recipe files (libinih-dev)", ABSENT},
#endif
#ifdef HM_HAVE_LBFGS
    {"lbfgs", "fine-tuning by L-BFGS", PRESENT},
#else
    {"lbfgs", "fine-tuning by L-BFGS (liblbfgs-dev)", ABSENT},
#endif
#ifdef HM_HAVE_FFTW
    {"fftw", "whitening pictures, spectra of sound", PRESENT},
#else
    {"fftw", "whitening pictures, spectra of sound (libfftw3-dev)", ABSENT},
#endif
#ifdef HM_HAVE_SNDFILE
    {"sndfile", "sound", PRESENT},
#else
    {"sndfile", "sound (libsndfile1-dev)", ABSENT},
#endif
#ifdef HM_HAVE_POCKETSPHINX
    {"pocketsphinx", "words from speech", PRESENT},
#else
    {"pocketsphinx", "words from speech (libpocketsphinx-dev, libsphinxbase-dev)", ABSENT},
#endif
#ifdef HM_HAVE_MPI
    {"mpi", "one run on many machines", PRESENT},
#else
    {"mpi", "one run on many machines (libopenmpi-dev)", ABSENT},
#endif
};

const hm_feature_info *hm_feature_list(size_t index)
{
    return index < sizeof features / sizeof *features ? &features[index] : NULL;
}
