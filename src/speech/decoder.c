/* The words of a sound from the scores of its senones, by PocketSphinx's search: a tree of the dictionary's pronunciations and a
 * language model, time-synchronous, with a beam.
 *
 * One pass: the second one (fwdflat) and the lattice would want the sound's own Gaussians. Phone look-ahead (pl_window) doubles the word
 * error where it sees but scores. Beams are wide, since a network's scores are sharper than those of Gaussians. */
#define _POSIX_C_SOURCE 200809L /* fmemopen */
#include <harmonium/hmm.h>

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "speech/scores.h"

void hm_hypothesis_clear(hm_hypothesis *h)
{
    for (size_t i = 0; i < h->n; i++)
        hm_free(h->context, h->words[i].word);
    if (h->context)
        hm_free(h->context, h->words);
    *h = (hm_hypothesis){0};
}

#ifdef HM_HAVE_POCKETSPHINX
#include <pocketsphinx.h>
#include <pthread.h>
#include <setjmp.h>
#include <sphinxbase/err.h>

struct hm_decoder {
    const hm_context *context;
    ps_decoder_t *search;
    cmd_ln_t *config;
};

/* ---- What the library says ------------------------------------------------------------------------ */

/* Its messages are for the whole process, and after a fatal one it would end it. */
typedef struct trouble {
    char text[240]; /* the first error, which later ones follow from */
    jmp_buf way_out;
} trouble;

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* The thread that had the turn does not exist in a forked child. */
static void free_turn(void)
{
    pthread_mutex_init(&turn, NULL);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, free_turn);
}

static void note(void *user_data, err_lvl_t level, const char *format, ...)
{
    trouble *t = user_data;
    if (level >= ERR_ERROR && !*t->text) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(t->text, sizeof t->text, format, arguments);
        va_end(arguments);
        t->text[strcspn(t->text, "\n")] = 0;
    }
    if (level == ERR_FATAL)
        longjmp(t->way_out, 1);
}

/* Calls into the library; what a fatal error leaves behind is lost, but the process lives on. */
static void attempt(void (*call)(void *job), void *job, trouble *t)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *t->text = 0;
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&turn);
    FILE *const log = err_get_logfp(); /* the configuration is printed there, callback or not */
    err_set_logfp(NULL);
    err_set_callback(note, t);
    if (setjmp(t->way_out) == 0)
        call(job);
    err_set_callback(err_logfp_cb, NULL);
    err_set_logfp(log);
    pthread_mutex_unlock(&turn);
}

/* ---- Making one ----------------------------------------------------------------------------------- */

typedef struct opening {
    const hm_decoder_files *files;
    hm_decoder *decoder;
} opening;

static void open_search(void *job)
{
    const opening *o = job;
    const hm_decoder_files *f = o->files;
    char weight[32];
    hm_print(weight, sizeof weight, "%g", f->language_weight);
    o->decoder->config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", f->hmms, "-dict", f->dictionary, "-fdict", f->fillers, "-lm",
                                     f->language_model, "-lw", weight, "-wip", "0.2", "-compallsen", "yes", "-pl_window", "0",
                                     "-fwdflat", "no", "-bestpath", "no", "-beam", "1e-48", "-wbeam", "1e-40", "-pbeam", "1e-48", "-lpbeam",
                                     "1e-48", "-lponlybeam", "1e-40", NULL);
    if (o->decoder->config)
        o->decoder->search = ps_init(o->decoder->config);
}

static hm_status check_files(const hm_decoder_files *f, hm_error *error)
{
    const char *const path[] = {f->dictionary, f->fillers, f->language_model};
    if (!hm_folder_exists(f->hmms))
        return hm_fail(error, HM_ERROR_NOT_FOUND, "%s: there is no such folder of hidden Markov models", f->hmms);
    for (size_t i = 0; i < sizeof path / sizeof *path; i++)
        if (!hm_file_exists(path[i]))
            return hm_fail(error, HM_ERROR_NOT_FOUND, "%s: there is no such file", path[i]);
    return HM_OK;
}

hm_status hm_decoder_create(const hm_context *context, const hm_decoder_files *files, hm_decoder **decoder, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, decoder));
    *decoder = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, files));
    trouble t;
    hm_status status = check_files(files, error);
    hm_decoder *d = status == HM_OK ? hm_alloc(context, 1, sizeof *d, error) : NULL;
    if (!d)
        return status == HM_OK ? HM_ERROR_MEMORY : status;
    d->context = context;
    attempt(open_search, &(opening){files, d}, &t);
    if (!d->search) {
        hm_decoder_destroy(d);
        return hm_fail(error, HM_ERROR_FORMAT, "%s, %s, %s: pocketsphinx cannot read them: %s", files->hmms, files->dictionary,
                       files->language_model, t.text);
    }
    *decoder = d;
    return HM_OK;
}

static void close_search(void *job)
{
    hm_decoder *d = job;
    ps_free(d->search);
    cmd_ln_free_r(d->config);
}

void hm_decoder_destroy(hm_decoder *d)
{
    trouble t;
    if (!d)
        return;
    attempt(close_search, d, &t);
    hm_free(d->context, d);
}

/* ---- Decoding ------------------------------------------------------------------------------------- */

typedef struct decoding {
    const hm_decoder *decoder;
    FILE *scores;
    int n_frames; /* that were read; negative: it failed */
    size_t n_words;
} decoding;

static void search_words(void *job)
{
    decoding *d = job;
    d->n_frames = ps_decode_senscr(d->decoder->search, d->scores);
    for (ps_seg_t *s = d->n_frames < 0 ? NULL : ps_seg_iter(d->decoder->search); s; s = ps_seg_next(s))
        d->n_words++;
}

static hm_status copy_words(const hm_decoder *d, size_t n, hm_hypothesis *h, hm_error *error)
{
    ps_seg_t *s = ps_seg_iter(d->search);
    if (!(h->words = hm_alloc(d->context, n, sizeof *h->words, error)))
        return HM_ERROR_MEMORY;
    for (int first, last; s && h->n < n; s = ps_seg_next(s)) {
        ps_seg_frames(s, &first, &last);
        char *word = hm_strdup(d->context, ps_seg_word(s), error);
        if (!word) {
            ps_seg_free(s);
            return HM_ERROR_MEMORY;
        }
        h->words[h->n++] = (hm_heard_word){word, (size_t)first, (size_t)last + 1};
    }
    return HM_OK;
}

static hm_status decode(const hm_decoder *d, FILE *scores, hm_hypothesis *h, hm_error *error)
{
    decoding job = {.decoder = d, .scores = scores, .n_frames = -1};
    trouble t;
    attempt(search_words, &job, &t);
    if (job.n_frames < 0)
        return hm_fail(error, HM_ERROR_MISMATCH, "pocketsphinx cannot decode the scores: %s", t.text);
    hm_status status = copy_words(d, job.n_words, h, error);
    if (status != HM_OK)
        hm_hypothesis_clear(h);
    return status;
}

hm_status hm_decoder_run(hm_decoder *d, hm_matrix scores, hm_hypothesis *hypothesis, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, d, hypothesis));
    HM_REQUIRE(hm_check_matrix("scores", scores, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    unsigned char *bytes;
    size_t n;
    *hypothesis = (hm_hypothesis){.context = d->context};
    hm_status status = hm_scores_pack(d->context, scores, "scores", &bytes, &n, error);
    if (status != HM_OK)
        return status;
    FILE *stream = fmemopen(bytes, n, "rb");
    status = stream ? decode(d, stream, hypothesis, error) : hm_fail_io(error, "read", "scores in memory");
    if (stream)
        fclose(stream);
    hm_free(d->context, bytes);
    return status;
}
#else
hm_status hm_decoder_create(const hm_context *context, const hm_decoder_files *files, hm_decoder **decoder, hm_error *error)
{
    (void)context, (void)files;
    *decoder = NULL;
    return hm_fail(error, HM_ERROR_UNSUPPORTED,
                   "this build lacks pocketsphinx; install libpocketsphinx-dev and libsphinxbase-dev and build again");
}

void hm_decoder_destroy(hm_decoder *decoder)
{
    (void)decoder;
}

hm_status hm_decoder_run(hm_decoder *decoder, hm_matrix scores, hm_hypothesis *hypothesis, hm_error *error)
{
    (void)decoder, (void)scores;
    *hypothesis = (hm_hypothesis){0};
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "this build lacks pocketsphinx");
}
#endif
