/* The picture of a recognised sound: its words, the phones that they were aligned as, the spectrogram and what the network made of it. */
#include "cli/cli_recognised.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"

static const float MASS_LEAST = 0.2f; /* a phone that is never as probable is not drawn */

typedef struct drawing {
    const cli_call *call;
    const cli_recognised *r;
    double seconds; /* a frame */
    hm_utterance_picture picture;
    float *bands, *posteriors, *rows; /* [n][bands], [n][n_phones], [n][those drawn] */
    double *hertz;
    const char **names;
    hm_span *words, *phones;
} drawing;

static void free_drawing(drawing *d)
{
    const hm_context *context = d->call->context;
    void *const memory[] = {d->posteriors, d->rows, d->hertz, d->names, d->words, d->phones};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        hm_free(context, memory[i]);
    hm_sound_frames_free(context, d->bands);
}

/* ---- The spectrogram -------------------------------------------------------------------------- */

/* Bands as they are, whatever the model's front end made of them. */
static hm_status find_bands(drawing *d, hm_error *error)
{
    hm_front_end_config config = d->r->front_end;
    const hm_context *context = d->call->context;
    size_t n, n_bands;
    config.kind = HM_FRONT_END_FBANK;
    config.differences = 0;
    config.normalise = HM_NORMALISE_NONE;
    d->hertz = hm_alloc(context, (size_t)config.bands, sizeof *d->hertz, error);
    hm_status status = d->hertz ? hm_sound_frames(context, &config, d->r->sound->path, &d->bands, &n, &n_bands, error) : HM_ERROR_MEMORY;
    if (status != HM_OK)
        return status;
    hm_front_end_centres(&config, d->hertz);
    d->picture.spectrogram = hm_matrix_f32(d->bands, n, n_bands);
    d->picture.hertz = d->hertz;
    return HM_OK;
}

/* ---- Posteriors ------------------------------------------------------------------------------- */

typedef struct phone_row {
    size_t phone;
    float most;
    double middle; /* sum p t / sum p */
} phone_row;

static phone_row weigh(hm_matrix posteriors, size_t phone)
{
    phone_row row = {.phone = phone};
    double sum = 0;
    for (size_t t = 0; t < posteriors.rows; t++) {
        float p = hm_row_f32(&posteriors, t)[phone];
        row.most = p > row.most ? p : row.most;
        row.middle += (double)p * (double)t;
        sum += (double)p;
    }
    row.middle /= sum > 0 ? sum : 1;
    return row;
}

static int compare_rows(const void *a, const void *b)
{
    double x = ((const phone_row *)a)->middle, y = ((const phone_row *)b)->middle;
    return (x > y) - (x < y);
}

/* Phones that are heard somewhere, in the order in which they are. */
static size_t choose_rows(hm_matrix posteriors, phone_row *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < posteriors.cols; i++) {
        rows[n] = weigh(posteriors, i);
        n += rows[n].most >= MASS_LEAST;
    }
    qsort(rows, n, sizeof *rows, compare_rows);
    return n;
}

static hm_status copy_rows(drawing *d, hm_matrix posteriors, const phone_row *rows, size_t n, hm_error *error)
{
    const hm_context *context = d->call->context;
    d->rows = hm_alloc(context, posteriors.rows * n, sizeof *d->rows, error);
    d->names = d->rows ? hm_alloc(context, n, sizeof *d->names, error) : NULL;
    if (!d->names)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        d->names[i] = hm_definition_phone(d->r->definition, (int32_t)rows[i].phone);
        for (size_t t = 0; t < posteriors.rows; t++)
            d->rows[t * n + i] = hm_row_f32(&posteriors, t)[rows[i].phone];
    }
    d->picture.posteriors = hm_matrix_f32(d->rows, posteriors.rows, n);
    d->picture.row_names = d->names;
    return HM_OK;
}

static hm_status find_posteriors(drawing *d, hm_error *error)
{
    const hm_context *context = d->call->context;
    size_t n = hm_definition_n_phones(d->r->definition);
    hm_matrix posteriors = hm_matrix_f32(NULL, d->r->cases.rows, n);
    posteriors.data = d->posteriors = hm_alloc(context, posteriors.rows * n, sizeof *d->posteriors, error);
    phone_row *rows = d->posteriors ? hm_alloc(context, n, sizeof *rows, error) : NULL;
    hm_status status = rows ? hm_phone_posteriors(d->r->model, d->r->definition, d->r->cases, posteriors, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = copy_rows(d, posteriors, rows, choose_rows(posteriors, rows), error);
    hm_free(context, rows);
    return status;
}

/* ---- Words and phones ------------------------------------------------------------------------- */

static hm_status find_words(drawing *d, hm_error *error)
{
    const hm_hypothesis *heard = &d->r->heard;
    if (!(d->words = hm_alloc(d->call->context, heard->n, sizeof *d->words, error)))
        return HM_ERROR_MEMORY;
    d->picture.words = d->words;
    for (size_t i = 0; i < heard->n; i++) {
        const hm_heard_word *w = &heard->words[i];
        if (!hm_word_is_filler(w->word))
            d->words[d->picture.n_words++] = (hm_span){w->word, (double)w->begin * d->seconds, (double)w->end * d->seconds};
    }
    return HM_OK;
}

static hm_status copy_phones(drawing *d, const hm_hmms *hmms, const hm_alignment *a, hm_error *error)
{
    if (!(d->phones = hm_alloc(d->call->context, a->n_phones, sizeof *d->phones, error)))
        return HM_ERROR_MEMORY;
    d->picture.phones = d->phones;
    for (size_t i = 0; i < a->n_phones; i++) {
        const hm_aligned_phone *p = &a->phones[i];
        if (p->phone != hmms->silence) /* names belong to the definition that outlives the drawing */
            d->phones[d->picture.n_phones++] = (hm_span){hm_definition_phone(d->r->definition, p->phone), (double)p->begin * d->seconds,
                                                         (double)p->end * d->seconds};
    }
    return HM_OK;
}

static hm_status align(drawing *d, const hm_hmms *hmms, hm_error *error)
{
    const hm_context *context = d->call->context;
    hm_transcript said = {.id = d->r->sound->name, .n = d->picture.n_words};
    hm_alignment alignment;
    said.word = hm_alloc(context, said.n, sizeof *said.word, error);
    for (size_t i = 0; said.word && i < said.n; i++)
        said.word[i] = d->words[i].name;
    hm_status status = said.word ? hm_align(hmms, &said, d->r->scores, &alignment, error) : HM_ERROR_MEMORY;
    if (status == HM_OK) {
        status = copy_phones(d, hmms, &alignment, error);
        hm_alignment_clear(&alignment);
    }
    hm_free(context, said.word);
    return status;
}

static hm_status find_phones(drawing *d, hm_error *error)
{
    const cli_hmm *o = &d->call->options.hmm;
    char beside[2 * HM_TEXT_MAX];
    hm_hmms *hmms;
    if (d->picture.n_words == 0)
        return HM_OK;
    hm_path_join(beside, sizeof beside, o->hmms, "transition_matrices");
    const hm_hmm_files files = {d->r->definition_path, *o->transitions ? o->transitions : beside, o->dictionary, o->fillers};
    hm_status status = hm_hmms_load(d->call->context, &files, &hmms, error);
    if (status == HM_OK)
        status = align(d, hmms, error);
    hm_hmms_destroy(hmms);
    return status;
}

/* ---- Together --------------------------------------------------------------------------------- */

static hm_status save(const drawing *d, hm_error *error)
{
    hm_image *image;
    hm_status status = hm_image_utterance(d->call->context, &d->picture, &image, error);
    if (status == HM_OK)
        status = hm_image_save_png(image, d->call->options.output.output, error);
    hm_image_destroy(image);
    return status;
}

hm_status cli_draw_recognised(const cli_call *call, const cli_recognised *r, hm_error *error)
{
    drawing d = {.call = call, .r = r, .seconds = r->front_end.step / 1000};
    d.picture.title = hm_utterance_name(r->sound->name);
    d.picture.seconds = d.seconds;
    hm_status status = find_bands(&d, error);
    if (status == HM_OK)
        status = find_posteriors(&d, error);
    if (status == HM_OK)
        status = find_words(&d, error);
    if (status == HM_OK)
        status = find_phones(&d, error);
    if (status == HM_OK)
        status = save(&d, error);
    free_drawing(&d);
    return status;
}
