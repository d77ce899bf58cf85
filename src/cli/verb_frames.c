/* harmonium frames SOUND...: sounds to frames of coefficients, and beside them which frames are whose utterance.
 *
 * Sounds become frames a batch at a time, in parallel; what is done with the frames is done in order, so that neither memory nor
 * result depends on how many there are or on the threads. Normalising by the speaker takes two passes. */
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_sounds.h"
#include "cli/verbs.h"
#include "data/npy_writer.h"
#include "speech/coefficients.h"
#include "speech/front_end.h"

enum { SPEEDS_MAX = 16, ITEMS_AT_ONCE = 64 };

/* A sound at a speed; item i of all is sound i / n_speeds at speed i % n_speeds. */
typedef struct item {
    float *frames; /* [n][n_coefficients]; null: left out */
    size_t n;
    hm_status status;
    hm_error error;
} item;

typedef struct work {
    const cli_call *call;
    cli_sounds sounds;
    char **fault;   /* [sounds.n]: why a sound was left out, or null */
    size_t *voice;  /* [sounds.n]: a number for each speaker */
    size_t *known;  /* [n_voices]: the first sound of each */
    size_t n_voices;
    double *sums;   /* [n_voices][n_speeds][2 n_coefficients]: a speaker is another one at each speed */
    size_t *counts; /* [n_voices][n_speeds] */
    size_t n_speeds, n_coefficients;
    hm_front_end_config config[SPEEDS_MAX];
    hm_front_end *front_end[SPEEDS_MAX];
    item item[ITEMS_AT_ONCE];
    size_t first; /* item of all that item[0] is */
    cli_progress progress;
    double n_done, n_to_do;
    hm_file_writer npy, sequences;
    size_t n_frames, n_utterances;
} work;

typedef hm_status use(work *w, size_t index, item *item, hm_error *error);

/* ---- Making ready ----------------------------------------------------------------------------- */

/* "0.9 1 1.1", or the one speed of the front end. */
static hm_status read_speeds(work *w, hm_error *error)
{
    const char *at = w->call->options.frames.speeds;
    char word[32];
    hm_status status = HM_OK;
    w->config[0] = w->call->options.front_end;
    w->n_speeds = !*at;
    for (int used; status == HM_OK && sscanf(at, " %31[^ ,]%n", word, &used) == 1; at += used + strspn(at + used, " ,")) {
        if (w->n_speeds == SPEEDS_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT, "speeds: at most %d", SPEEDS_MAX);
        w->config[w->n_speeds] = w->call->options.front_end;
        status = hm_options_set(&hm_front_end_options, &w->config[w->n_speeds++], "speed", word, error);
    }
    if (status == HM_OK && (*at || w->n_speeds == 0) && *w->call->options.frames.speeds)
        return hm_fail(error, HM_ERROR_ARGUMENT, "speeds = %.60s: numbers, as in \"0.9 1 1.1\"", w->call->options.frames.speeds);
    return status;
}

static hm_status make_front_ends(work *w, hm_error *error)
{
    hm_status status = read_speeds(w, error);
    for (size_t i = 0; status == HM_OK && i < w->n_speeds; i++)
        status = hm_front_end_create(w->call->context, &w->config[i], &w->front_end[i], error);
    w->n_coefficients = hm_front_end_n_coefficients(&w->config[0]);
    return status;
}

static size_t find_voice(const work *w, const char *speaker)
{
    size_t voice = 0;
    while (voice < w->n_voices && strcmp(w->sounds.sound[w->known[voice]].speaker, speaker) != 0)
        voice++;
    return voice;
}

static void find_voices(work *w)
{
    for (size_t i = 0; i < w->sounds.n; i++) {
        w->voice[i] = find_voice(w, w->sounds.sound[i].speaker);
        if (w->voice[i] == w->n_voices)
            w->known[w->n_voices++] = i;
    }
}

static hm_status make_arrays(work *w, hm_error *error)
{
    const hm_context *context = w->call->context;
    size_t n = w->sounds.n;
    w->fault = hm_alloc(context, n, sizeof *w->fault, error);
    w->voice = w->fault ? hm_alloc(context, n, sizeof *w->voice, error) : NULL;
    w->known = w->voice ? hm_alloc(context, n, sizeof *w->known, error) : NULL;
    if (!w->known)
        return HM_ERROR_MEMORY;
    find_voices(w);
    w->counts = hm_alloc(context, w->n_voices * w->n_speeds, sizeof *w->counts, error);
    w->sums = w->counts ? hm_alloc(context, w->n_voices * w->n_speeds * 2 * w->n_coefficients, sizeof *w->sums, error) : NULL;
    return w->sums ? HM_OK : HM_ERROR_MEMORY;
}

static void free_work(work *w)
{
    const hm_context *context = w->call->context;
    for (size_t i = 0; i < w->n_speeds; i++)
        hm_front_end_destroy(w->front_end[i]);
    for (size_t i = 0; w->fault && i < w->sounds.n; i++)
        hm_free(context, w->fault[i]);
    hm_free(context, w->fault);
    hm_free(context, w->voice);
    hm_free(context, w->known);
    hm_free(context, w->counts);
    hm_free(context, w->sums);
    cli_free_sounds(&w->sounds);
}

/* ---- Batches ---------------------------------------------------------------------------------- */

static void make_item(void *job, size_t task)
{
    work *w = job;
    item *made = &w->item[task];
    size_t sound = (w->first + task) / w->n_speeds, speed = (w->first + task) % w->n_speeds;
    *made = (item){0};
    if (!w->fault[sound])
        made->status = hm_front_end_read(w->front_end[speed], w->sounds.sound[sound].path, &made->frames, &made->n, &made->error);
}

/* A fault of the file may be passed over, one of the machine or the program not. */
static hm_status pass_over(work *w, size_t sound, const item *made, hm_error *error)
{
    const bool is_of_file = made->status == HM_ERROR_IO || made->status == HM_ERROR_FORMAT || made->status == HM_ERROR_MISMATCH;
    if (!is_of_file || !w->call->options.frames.skip_damaged) {
        *error = made->error;
        return made->status;
    }
    if (!w->fault[sound])
        w->fault[sound] = hm_strdup(w->call->context, made->error.message, error);
    return w->fault[sound] ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status finish_item(work *w, size_t task, use *then, hm_error *error)
{
    item *made = &w->item[task];
    size_t index = w->first + task;
    hm_status status = made->status;
    if (status != HM_OK)
        return pass_over(w, index / w->n_speeds, made, error);
    if (made->frames)
        status = then(w, index, made, error);
    return status;
}

/* All sounds at all speeds, in order. */
static hm_status for_each(work *w, use *then, const char *what, hm_error *error)
{
    const size_t n = w->sounds.n * w->n_speeds;
    hm_status status = HM_OK;
    for (w->first = 0; status == HM_OK && w->first < n; w->first += ITEMS_AT_ONCE) {
        size_t n_now = n - w->first < ITEMS_AT_ONCE ? n - w->first : ITEMS_AT_ONCE;
        hm_pool_run(w->call->context->pool, n_now, make_item, w);
        for (size_t i = 0; i < n_now; i++) {
            if (status == HM_OK)
                status = finish_item(w, i, then, error);
            hm_free(w->call->context, w->item[i].frames);
        }
        w->n_done += (double)n_now;
        cli_progress_show(&w->progress, w->n_done, w->n_to_do, w->n_done, what);
    }
    return status;
}

/* ---- What is done with them ------------------------------------------------------------------- */

static size_t voice_of(const work *w, size_t index)
{
    return w->voice[index / w->n_speeds] * w->n_speeds + index % w->n_speeds;
}

static hm_status count_item(work *w, size_t index, item *made, hm_error *error)
{
    (void)error;
    size_t voice = voice_of(w, index);
    hm_moments_count(w->sums + voice * 2 * w->n_coefficients, made->frames, made->n, w->n_coefficients);
    w->counts[voice] += made->n;
    return HM_OK;
}

/* By what was counted of the speaker, or of the utterance now. */
static void normalise_item(work *w, size_t index, item *made)
{
    const size_t C = w->n_coefficients, voice = voice_of(w, index);
    double *sums = w->sums + voice * 2 * C;
    if (w->config[0].normalise == HM_NORMALISE_UTTERANCE) {
        memset(sums, 0, 2 * C * sizeof *sums);
        w->counts[voice] = 0;
        count_item(w, index, made, NULL);
    }
    hm_moments_apply(sums, w->counts[voice], made->frames, made->n, C);
}

static hm_status write_item(work *w, size_t index, item *made, hm_error *error)
{
    (void)error; /* a failed write is told by the commit */
    const cli_sound *sound = &w->sounds.sound[index / w->n_speeds];
    double speed = w->config[index % w->n_speeds].speed;
    char line[1024], suffix[32] = "";
    if (w->config[0].normalise != HM_NORMALISE_NONE)
        normalise_item(w, index, made);
    if (speed != 1)
        snprintf(suffix, sizeof suffix, "@%g", speed);
    int n = snprintf(line, sizeof line, "%s%s %s %zu\n", sound->name, suffix, sound->speaker, made->n);
    hm_file_write(&w->sequences, line, (size_t)n);
    hm_file_write(&w->npy, made->frames, made->n * w->n_coefficients * sizeof(float));
    w->n_frames += made->n;
    w->n_utterances++;
    return HM_OK;
}

/* ---- Files ------------------------------------------------------------------------------------ */

static hm_status open_files(work *w, hm_error *error)
{
    const char *path = w->call->options.output.output;
    char beside[HM_TEXT_MAX + 16], header[HM_NPY_HEADER], line[HM_TEXT_MAX + 16] = "# front-end ";
    snprintf(beside, sizeof beside, "%.*s.sequences", (int)(strlen(path) - strlen(cli_ending(path))), path);
    hm_status status = hm_file_create(&w->npy, path, error);
    if (status != HM_OK)
        return status;
    status = hm_file_create(&w->sequences, beside, error);
    if (status != HM_OK) {
        hm_file_abandon(&w->npy);
        return status;
    }
    hm_npy_header(0, w->n_coefficients, header);
    hm_file_write(&w->npy, header, sizeof header);
    hm_front_end_print(&w->call->options.front_end, line + strlen(line), HM_TEXT_MAX);
    strcat(line, "\n");
    hm_file_write(&w->sequences, line, strlen(line));
    return HM_OK;
}

/* The header last, when the frames are counted. */
static hm_status close_files(work *w, hm_error *error)
{
    char header[HM_NPY_HEADER];
    hm_npy_header(w->n_frames, w->n_coefficients, header);
    hm_file_overwrite(&w->npy, header, sizeof header);
    hm_status status = hm_file_commit(&w->npy, error);
    if (status == HM_OK)
        return hm_file_commit(&w->sequences, error);
    hm_file_abandon(&w->sequences);
    return status;
}

static void list_faults(const work *w)
{
    for (size_t i = 0; i < w->sounds.n; i++)
        if (w->fault[i])
            cli_warn("left out: %s", w->fault[i]);
}

static hm_status write_all(work *w, hm_error *error)
{
    const bool has_two_passes = w->config[0].normalise == HM_NORMALISE_SPEAKER;
    hm_status status = open_files(w, error);
    if (status != HM_OK)
        return status;
    w->n_to_do = (double)(w->sounds.n * w->n_speeds * (has_two_passes ? 2 : 1));
    cli_progress_begin(&w->progress, w->call);
    if (has_two_passes)
        status = for_each(w, count_item, "sounds, to know their speakers", error);
    if (status == HM_OK)
        status = for_each(w, write_item, "sounds", error);
    cli_progress_clear(&w->progress);
    list_faults(w);
    if (status == HM_OK && w->n_frames == 0)
        status = hm_fail(error, HM_ERROR_FORMAT, "none of the %zu sounds can be used", w->sounds.n);
    if (status == HM_OK)
        return close_files(w, error);
    hm_file_abandon(&w->npy);
    hm_file_abandon(&w->sequences);
    return status;
}

static hm_status write_frames(work *w, hm_error *error)
{
    hm_status status = make_front_ends(w, error);
    if (status == HM_OK)
        status = make_arrays(w, error);
    if (status == HM_OK)
        status = write_all(w, error);
    if (status == HM_OK)
        cli_say(w->call, "%s: %zu frames of %zu coefficients, %zu utterances", w->call->options.output.output, w->n_frames, w->n_coefficients,
                w->n_utterances);
    return status;
}

/* ---- A picture -------------------------------------------------------------------------------- */

/* Rows are frequencies where there are bands alone. */
static hm_status draw_frames(const work *w, hm_matrix frames, hm_error *error)
{
    const hm_front_end_config *config = &w->call->options.front_end;
    const bool has_bands = config->kind == HM_FRONT_END_FBANK && config->differences == 0;
    double *hertz = hm_alloc(w->call->context, (size_t)config->bands, sizeof *hertz, error);
    hm_spectrogram look = {.title = w->sounds.sound[0].name, .seconds = config->step / 1000, .hertz = has_bands ? hertz : NULL};
    hm_image *image = NULL;
    if (!hertz)
        return HM_ERROR_MEMORY;
    hm_front_end_centres(config, hertz);
    hm_status status = hm_image_spectrogram(w->call->context, frames, &look, &image, error);
    if (status == HM_OK)
        status = hm_image_save_png(image, w->call->options.output.output, error);
    hm_image_destroy(image);
    hm_free(w->call->context, hertz);
    return status;
}

static hm_status draw_sound(const work *w, hm_error *error)
{
    const cli_call *call = w->call;
    const char *path = call->options.output.output;
    float *frames;
    size_t n, C;
    if (w->sounds.n != 1 || *call->options.frames.speeds)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: one sound is drawn at a time, and here are %zu; name one and no speeds, or write .npy",
                       path, w->sounds.n);
    hm_status status = hm_sound_frames(call->context, &call->options.front_end, w->sounds.sound[0].path, &frames, &n, &C, error);
    if (status == HM_OK)
        status = draw_frames(w, hm_matrix_f32(frames, n, C), error);
    if (status == HM_OK)
        cli_say(call, "%s: %zu frames of %zu coefficients", path, n, C);
    hm_sound_frames_free(call->context, frames);
    return status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    static work w;
    const char *path = call->options.output.output;
    w = (work){.call = call};
    if (!*path)
        return hm_fail(error, HM_ERROR_ARGUMENT, "say where the frames go: -o frames.npy, or -o picture.png");
    hm_status status = cli_list_sounds(call, 0, &w.sounds, error);
    if (status == HM_OK)
        status = strcmp(cli_ending(path), ".png") == 0 ? draw_sound(&w, error) : write_frames(&w, error);
    free_work(&w);
    return status;
}

const cli_verb cli_verb_frames = {
    "frames", "Turn sounds into frames of log mel spectra or cepstra, with the utterances beside them", "[SOUND|FOLDER]...", 0,
    CLI_OPERANDS_MAX, {&hm_front_end_options, &cli_frames_options, &cli_output_options, &cli_common_options, NULL}, "output", ".npy .png",
    "harmonium frames --list train.fileids --root sound --normalise speaker -o train.npy", run,
};
