/* Sphinx's senone files: what pocketsphinx writes to -senlogdir and reads by -senin.
 *
 * Behind the head, for each frame: int16 number of senones, and a score of each: the best ln p of the frame less that of the
 * senone, in units of UNIT, so that the best is 0 and larger is worse. No padding, in the byte order of the head. */
#include <harmonium/hmm.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/file.h"
#include "speech/s3.h"
#include "speech/scores.h"

static const double UNIT = 1024 * 9.9995000333308353e-05; /* 1024 ln 1.0001, in nats */
static const size_t FILE_MAX = (size_t)1 << 32;
enum { WORST = 32767 };

/* ---- Reading ---------------------------------------------------------------------------------- */

static hm_status read_frame(hm_s3 *s3, size_t frame, size_t n_senones, float *score, hm_error *error)
{
    size_t n = hm_s3_u16(s3);
    if (n != n_senones)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s: frame %zu (from 0) has scores of %zu senones, and the model definition has %zu; name files that belong together, and dump "
                       "scores by pocketsphinx_batch -compallsen yes", s3->path, frame, n, n_senones);
    for (size_t i = 0; i < n; i++)
        score[i] = (float)(-UNIT * (int16_t)hm_s3_u16(s3));
    return HM_OK;
}

static hm_status read_frames(const hm_context *context, hm_s3 *s3, size_t n_senones, hm_matrix *scores, hm_error *error)
{
    size_t size = 2 * (1 + n_senones), n = hm_s3_left(s3) / size;
    if (n == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: has no frame of %zu senones; it is cut off, or of another model", s3->path, n_senones);
    float *score = hm_alloc(context, n, n_senones * sizeof *score, error);
    if (!score)
        return HM_ERROR_MEMORY;
    *scores = hm_matrix_f32(score, n, n_senones);
    hm_status status = HM_OK;
    for (size_t t = 0; status == HM_OK && t < n; t++)
        status = read_frame(s3, t, n_senones, hm_row_f32(scores, t), error);
    if (status == HM_OK && hm_s3_left(s3) > 0)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: ends within frame %zu (from 0) of %zu senones; the file is cut off", s3->path, n, n_senones);
    return status;
}

hm_status hm_scores_load(const hm_context *context, const char *path, size_t n_senones, hm_matrix *scores, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, path, scores));
    unsigned char *bytes;
    size_t n;
    hm_s3 s3;
    *scores = (hm_matrix){0};
    hm_status status = hm_file_load(context, path, FILE_MAX, &bytes, &n, error);
    if (status != HM_OK)
        return status;
    status = hm_s3_open(path, bytes, n, &s3, error);
    if (status == HM_OK)
        status = read_frames(context, &s3, n_senones, scores, error);
    if (status != HM_OK)
        hm_scores_free(context, scores);
    hm_free(context, bytes);
    return status;
}

void hm_scores_free(const hm_context *context, hm_matrix *scores)
{
    hm_free(context, scores->data);
    *scores = (hm_matrix){0};
}

/* ---- Writing ---------------------------------------------------------------------------------- */

static void put_u16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value & 255);
    at[1] = (unsigned char)(value >> 8);
}

static hm_status pack_frame(const float *score, size_t n, size_t frame, const char *path, unsigned char *bytes, hm_error *error)
{
    float best = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (isnan(score[i]) || score[i] == INFINITY)
            return hm_fail(error, HM_ERROR_NUMERIC, "%s: the score of senone %zu in frame %zu (from 0) is %g; scores are logarithms", path, i, frame,
                           (double)score[i]);
        best = score[i] > best ? score[i] : best;
    }
    put_u16(bytes, (unsigned)n);
    for (size_t i = 0; i < n; i++) {
        double worse = best == score[i] ? 0 : round((double)(best - score[i]) / UNIT);
        put_u16(bytes + 2 + 2 * i, (unsigned)(worse < WORST ? worse : WORST));
    }
    return HM_OK;
}

static const char head_format[] = "s3\nversion 0.1\nmdef_file -\nn_sen %zu\nlogbase 1.000100\nendhdr\n";
static const unsigned char magic[] = {0x44, 0x33, 0x22, 0x11};

hm_status hm_scores_pack(const hm_context *context, hm_matrix scores, const char *name, unsigned char **bytes, size_t *n, hm_error *error)
{
    char head[128];
    size_t n_head = (size_t)snprintf(head, sizeof head, head_format, scores.cols), size = 2 * (1 + scores.cols);
    *bytes = NULL;
    if (scores.cols == 0 || scores.cols > WORST)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: %zu senones; a file of scores has 1 to %d", name, scores.cols, WORST);
    *n = n_head + sizeof magic + scores.rows * size;
    unsigned char *packed = hm_alloc(context, *n, 1, error);
    if (!packed)
        return HM_ERROR_MEMORY;
    memcpy(packed, head, n_head);
    memcpy(packed + n_head, magic, sizeof magic);
    hm_status status = HM_OK;
    for (size_t t = 0; status == HM_OK && t < scores.rows; t++)
        status = pack_frame(hm_row_f32(&scores, t), scores.cols, t, name, packed + n_head + sizeof magic + t * size, error);
    if (status == HM_OK)
        *bytes = packed;
    else
        hm_free(context, packed);
    return status;
}

hm_status hm_scores_save(const hm_context *context, hm_matrix scores, const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, path));
    HM_REQUIRE(hm_check_matrix("scores", scores, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    unsigned char *bytes;
    size_t n;
    hm_status status = hm_scores_pack(context, scores, path, &bytes, &n, error);
    if (status == HM_OK)
        status = hm_file_save(path, bytes, n, error);
    hm_free(context, bytes);
    return status;
}
