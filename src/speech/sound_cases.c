/* Sounds as a network sees them: the frames of its front end, each with those around it. */
#include <string.h>

#include <harmonium/hmm.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "data/dataset.h"

/* ---- How the model's data were prepared --------------------------------------------------------- */

/* What is left of the preparation when front end, context and standardising are taken out. */
static hm_status check_rest(hm_data_config *config, hm_error *error)
{
    char rest[HM_PREPARATION_MAX];
    *config->front_end = 0;
    config->context = 0;
    config->standardise = false;
    hm_preparation_print(config, rest, sizeof rest);
    rest[strcspn(rest, "\n")] = 0;
    return !*rest ? HM_OK
                  : hm_fail(error, HM_ERROR_MISMATCH, "the model's frames were prepared with %.60s as well; train one on frames as they are", rest);
}

hm_status hm_model_front_end(const hm_model *model, hm_front_end_config *front_end, size_t *around, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model, front_end, around));
    hm_data_config config;
    hm_options_init(&hm_data_options, &config);
    hm_status status = hm_preparation_read(model->preparation, &config, error);
    if (status == HM_OK && !*config.front_end)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "the model does not know a front end, so it did not learn from sound; train one on frames of `harmonium frames`");
    if (status == HM_OK)
        status = hm_front_end_parse(config.front_end, front_end, error);
    *around = (size_t)config.context;
    return status == HM_OK ? check_rest(&config, error) : status;
}

/* ---- Windows ------------------------------------------------------------------------------------- */

/* row[2 around + 1][n_coefficients]: frames t - around .. t + around. */
static void fill_window(hm_matrix frames, size_t t, size_t around, float *row)
{
    size_t first = t < around ? 0 : t - around, end = frames.rows - t > around ? t + around + 1 : frames.rows;
    memcpy(row, hm_row_f32(&frames, first), (end - first) * frames.cols * sizeof *row);
    hm_window_lay(row, frames.cols, around, t - first, end - first);
}

static void standardise(const hm_model *model, float *row, size_t n)
{
    for (size_t i = 0; model->shift && i < n; i++)
        row[i] = (row[i] - model->shift[i]) / model->spread[i];
}

static hm_status make_cases(const hm_model *model, hm_matrix frames, size_t around, float **cases, hm_error *error)
{
    size_t V = (2 * around + 1) * frames.cols;
    if (V != hm_model_n_features(model))
        return hm_fail(error, HM_ERROR_MISMATCH, "%zu coefficients with %zu frames to each side are %zu numbers, and the model takes %zu",
                       frames.cols, around, V, hm_model_n_features(model));
    if (!(*cases = hm_alloc(model->context, frames.rows * V, sizeof **cases, error)))
        return HM_ERROR_MEMORY;
    for (size_t t = 0; t < frames.rows; t++) {
        fill_window(frames, t, around, *cases + t * V);
        standardise(model, *cases + t * V, V);
    }
    return HM_OK;
}

hm_status hm_sound_cases(const hm_model *model, const hm_voice *voice, const char *path, float **cases, size_t *n_frames, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, cases));
    *cases = NULL;
    HM_REQUIRE(HM_GIVEN(error, model, path, n_frames));
    hm_front_end_config front_end;
    size_t around, n_coefficients;
    float *frames = NULL;
    hm_status status = hm_model_front_end(model, &front_end, &around, error);
    if (status != HM_OK)
        return status;
    bool has_voice = voice && front_end.normalise == HM_NORMALISE_SPEAKER;
    if (has_voice)
        front_end.normalise = HM_NORMALISE_NONE;
    status = hm_sound_frames(model->context, &front_end, path, &frames, n_frames, &n_coefficients, error);
    if (status == HM_OK && has_voice)
        hm_voice_normalise(voice, frames, *n_frames);
    if (status == HM_OK)
        status = make_cases(model, hm_matrix_f32(frames, *n_frames, n_coefficients), around, cases, error);
    hm_sound_frames_free(model->context, frames);
    return status;
}
