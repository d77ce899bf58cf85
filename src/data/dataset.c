/* Data sets: views of a storage with transforms; this file makes and destroys them and answers
 * questions. */
#include "base/check.h"
#include "data/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/fail.h"
#include "data/sequences.h"

/* ---- Making and destroying ------------------------------------------------------------------- */

static hm_status create_workers(hm_dataset *set, hm_error *error)
{
    size_t each = hm_storage_scratch(set->storage);
    size_t n_whole = hm_transform_places(&set->transform) ? set->storage->shape.n_features : 0;
    set->n_workers = hm_storage_n_readers(set->storage, n_whole * sizeof *set->whole);
    set->worker = hm_alloc(set->context, set->n_workers, sizeof *set->worker, error);
    if (!set->worker)
        return HM_ERROR_MEMORY;
    set->scratch = hm_alloc(set->context, set->n_workers, each, error);
    for (size_t i = 0; set->scratch && i < set->n_workers; i++)
        set->worker[i].scratch = set->scratch + i * each;
    if (set->scratch && n_whole > 0)
        set->whole = hm_alloc(set->context, set->n_workers, n_whole * sizeof *set->whole, error);
    for (size_t i = 0; set->whole && i < set->n_workers; i++)
        set->worker[i].whole = set->whole + i * n_whole;
    return set->scratch && (set->whole || n_whole == 0) ? HM_OK : HM_ERROR_MEMORY;
}

hm_status hm_dataset_make(hm_storage *storage, hm_view *view, const hm_transform *transform,
                          hm_dataset **out, hm_error *error)
{
    hm_dataset *set = hm_alloc(storage->context, 1, sizeof *set, error);
    *out = NULL;
    if (!set)
        return HM_ERROR_MEMORY;
    set->context = storage->context;
    set->storage = hm_storage_share(storage);
    set->transform = *transform;
    set->transform.shift = set->transform.spread = NULL;
    set->shape = storage->shape;
    hm_transform_place_size(transform, &set->shape.height, &set->shape.width);
    if (set->shape.height > 0)
        set->shape.n_features = set->shape.n_channels * set->shape.height * set->shape.width;
    set->is_balanced = storage->labels != NULL;
    set->view = *view;
    *view = (hm_view){0};
    hm_status status = create_workers(set, error);
    if (status == HM_OK)
        *out = set;
    else
        hm_dataset_close(set);
    return status;
}

void hm_dataset_close(hm_dataset *set)
{
    if (!set)
        return;
    const hm_context *context = set->context;
    hm_view_clear(context, &set->view);
    hm_storage_close(set->storage);
    hm_free(context, set->shift);
    hm_free(context, set->spread);
    hm_free(context, set->is_known);
    hm_free(context, set->worker);
    hm_free(context, set->scratch);
    hm_free(context, set->whole);
    hm_free(context, set->description);
    hm_free(context, set);
}

hm_status hm_dataset_tell(hm_dataset *set, const char *description, hm_error *error)
{
    set->description = hm_strdup(set->context, description, error);
    return set->description ? HM_OK : HM_ERROR_MEMORY;
}

/* ---- The fingerprint ------------------------------------------------------------------------- */

static uint64_t add_float(uint64_t hash, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return hm_digest_word(hash, bits);
}

/* A standardising is known by what it is made from: the cases, and that it is there. */
void hm_dataset_mark(hm_dataset *set)
{
    const hm_transform *t = &set->transform;
    const hm_shape *shape = &set->shape;
    uint64_t hash = hm_digest_word(set->storage->digest, set->view.n);
    for (size_t i = 0; i < set->view.n; i++)
        hash = hm_digest_word(hash, hm_view_at(&set->view, i));
    hash = hm_digest_word(hm_digest_word(hash, shape->n_features), shape->height);
    if (shape->n_channels > 1) /* the fingerprints of grey pictures are older than colour */
        hash = hm_digest_word(hash, shape->n_channels);
    hash = add_float(add_float(hash, t->factor), t->offset);
    hash = add_float(hash, t->has_threshold ? t->threshold : 0);
    hash = hm_digest_word(hash, t->has_threshold + 2u * t->is_sampled + 4u * (t->shift != NULL));
    if (t->jitter)
        hash = hm_digest_word(hash, t->jitter);
    if (t->is_mirrored || hm_transform_places(t)) { /* and these younger than either */
        hash = hm_digest_word(hash, t->is_mirrored + 2u * t->is_crop_random);
        hash = hm_digest_word(hm_digest_word(hash, t->frame_height), t->frame_width);
        hash = hm_digest_word(hm_digest_word(hash, t->crop_height), t->crop_width);
    }
    for (size_t i = 0; set->is_known && i < set->view.n; i++)
        hash = hm_digest_word(hash, set->is_known[i]);
    hash = hm_digest_word(hm_digest_word(hash, 0), 0); /* spreads the last words over all digits */
    snprintf(set->fingerprint, sizeof set->fingerprint, "%016" PRIx64, hash);
}

/* ---- Standardising --------------------------------------------------------------------------- */

hm_status hm_dataset_standardise(hm_dataset *set, const float *shift, const float *spread,
                                 hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set));
    if (shift || spread)
        HM_REQUIRE(HM_GIVEN(error, shift, spread));
    size_t n = set->shape.n_features;
    float *copies[2] = {NULL, NULL};
    if (shift && (set->transform.has_threshold || set->transform.is_sampled))
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s: binarised data cannot also be standardised; leave `binarise` out",
                       set->description);
    for (size_t j = 0; shift && j < n; j++)
        if (!isfinite(shift[j]) || !isfinite(spread[j]) || spread[j] <= 0)
            return hm_fail(error, HM_ERROR_NUMERIC,
                           "%s: feature %zu (counted from 0) would be shifted by %g and divided by "
                           "%g; the divisor must be positive",
                           set->description, j, (double)shift[j], (double)spread[j]);
    for (size_t k = 0; shift && k < 2; k++) {
        copies[k] = hm_alloc(set->context, n, sizeof *copies[k], error);
        if (!copies[k]) {
            hm_free(set->context, copies[0]);
            return HM_ERROR_MEMORY;
        }
        memcpy(copies[k], k == 0 ? shift : spread, n * sizeof *copies[k]);
    }
    hm_free(set->context, set->shift);
    hm_free(set->context, set->spread);
    set->transform.shift = set->shift = copies[0];
    set->transform.spread = set->spread = copies[1];
    return HM_OK;
}

/* ---- Sets over memory and of one class ------------------------------------------------------- */

/* Cases of a set over memory are only read, so that borrowed ones may be const. */
static hm_status hold_cases(hm_storage *storage, const float *cases, hm_error *error)
{
    if (storage->is_borrowed) {
        storage->bytes = (unsigned char *)(uintptr_t)cases;
        return HM_OK;
    }
    hm_status status = hm_storage_allocate(storage, UINT64_MAX, error);
    if (status == HM_OK)
        memcpy(storage->bytes, cases, storage->shape.n_cases * storage->n_stored * sizeof *cases);
    return status;
}

static hm_status fill_storage(hm_storage *storage, const float *cases, const int32_t *labels,
                              hm_error *error)
{
    hm_status status = hold_cases(storage, cases, error);
    if (status == HM_OK)
        status = hm_storage_check(storage, error);
    if (status == HM_OK && labels)
        status = hm_storage_label(storage, labels, error);
    return status == HM_OK ? hm_storage_digest(storage, error) : status;
}

static hm_status check_shape(size_t n, size_t n_features, size_t height, size_t width,
                             hm_error *error)
{
    if (n == 0 || n > HM_CASES_MAX || n_features == 0 || n_features > HM_FEATURES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "cases in memory: %zu cases of %zu features; 1 to %" PRIu64
                       " of 1 to %" PRIu64 " are possible",
                       n, n_features, HM_CASES_MAX, HM_FEATURES_MAX);
    bool is_picture = height > 0 && width > 0 && height <= n_features &&
                      height * width == n_features;
    if (!is_picture && (height > 0 || width > 0))
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "cases in memory: %zu features are no pictures of %zu x %zu; correct them "
                       "or give 0 x 0",
                       n_features, height, width);
    return HM_OK;
}

static hm_status create_over(const hm_context *context, const float *cases, bool is_borrowed,
                             const int32_t *labels, const hm_shape *shape, hm_dataset **set,
                             hm_error *error)
{
    static const char title[] = "cases in memory";
    const hm_transform as_it_is = {.factor = 1};
    hm_view all = {NULL, shape->n_cases};
    hm_storage *storage = NULL;
    *set = NULL;
    hm_status status = check_shape(shape->n_cases, shape->n_features, shape->height, shape->width,
                                   error);
    if (status == HM_OK)
        status = hm_storage_create(context, title, shape, &hm_elements[HM_ELEMENT_F32], &storage,
                                   error);
    if (status == HM_OK) {
        storage->is_borrowed = is_borrowed;
        status = fill_storage(storage, cases, labels, error);
    }
    if (status == HM_OK)
        status = hm_dataset_make(storage, &all, &as_it_is, set, error);
    if (status == HM_OK)
        status = hm_dataset_tell(*set, title, error);
    hm_storage_close(storage);
    if (status == HM_OK) {
        hm_dataset_mark(*set);
    } else {
        hm_dataset_close(*set);
        *set = NULL;
    }
    return status;
}

hm_status hm_dataset_create(const hm_context *context, const float *cases, const int32_t *labels,
                            size_t n, size_t n_features, size_t height, size_t width,
                            hm_dataset **set, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set));
    *set = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, cases));
    const hm_shape shape = {n, n_features, height, width, height > 0};
    return create_over(context, cases, false, labels, &shape, set, error);
}

hm_status hm_dataset_borrow(const hm_context *context, const float *cases, const int32_t *labels,
                            size_t n, size_t n_features, size_t height, size_t width,
                            hm_dataset **set, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set));
    *set = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, cases));
    const hm_shape shape = {n, n_features, height, width, height > 0};
    return create_over(context, cases, true, labels, &shape, set, error);
}

static hm_status describe_class(const hm_dataset *set, int32_t label, hm_dataset *part,
                                hm_error *error)
{
    size_t room = strlen(set->description) + 32;
    char *text = hm_alloc(set->context, room, 1, error);
    if (!text)
        return HM_ERROR_MEMORY;
    snprintf(text, room, "%s, class %" PRId32, set->description, label);
    part->description = text;
    return HM_OK;
}

hm_status hm_dataset_of_class(const hm_dataset *set, int32_t label, hm_dataset **part,
                              hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, part));
    *part = NULL;
    HM_REQUIRE(HM_GIVEN(error, set));
    hm_view view = {0};
    if (!set->storage->labels)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: has no labels to choose a class by; give `labels`", set->description);
    if (set->is_known)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: some of its labels are hidden, and the cases of a class cannot be told; give `subset` "
                       "in place of `labelled`",
                       set->description);
    hm_status status = hm_view_of_class(set->storage, &set->view, label, &view, error);
    if (status == HM_OK && view.n == 0)
        status = hm_fail(error, HM_ERROR_NOT_FOUND, "%s: has no case of class %" PRId32,
                         set->description, label);
    if (status == HM_OK)
        status = hm_dataset_make(set->storage, &view, &set->transform, part, error);
    if (status == HM_OK)
        status = describe_class(set, label, *part, error);
    if (status == HM_OK && set->shift)
        status = hm_dataset_standardise(*part, set->shift, set->spread, error);
    hm_view_clear(set->context, &view);
    if (status == HM_OK) {
        memcpy((*part)->preparation, set->preparation, sizeof set->preparation);
        (*part)->is_balanced = set->is_balanced;
        (*part)->is_scaled = set->is_scaled;
        (*part)->shuffle_run = set->shuffle_run;
        hm_dataset_mark(*part);
    } else {
        hm_dataset_close(*part);
        *part = NULL;
    }
    return status;
}

/* ---- Questions ------------------------------------------------------------------------------- */

size_t hm_dataset_n_cases(const hm_dataset *set)
{
    return set->view.n;
}

size_t hm_dataset_n_features(const hm_dataset *set)
{
    return set->shape.n_features;
}

size_t hm_dataset_height(const hm_dataset *set)
{
    return set->shape.height;
}

size_t hm_dataset_width(const hm_dataset *set)
{
    return set->shape.width;
}

size_t hm_dataset_channels(const hm_dataset *set)
{
    return set->shape.n_channels;
}

size_t hm_dataset_n_classes(const hm_dataset *set)
{
    return set->storage->n_classes;
}

int32_t hm_dataset_label(const hm_dataset *set, size_t index)
{
    bool is_seen = set->storage->labels && (!set->is_known || set->is_known[index]);
    return is_seen ? set->storage->labels[hm_view_at(&set->view, index)] : -1;
}

size_t hm_dataset_n_labelled(const hm_dataset *set)
{
    if (set->is_known)
        return set->n_known;
    return set->storage->labels ? set->view.n : 0;
}

bool hm_dataset_is_sampled(const hm_dataset *set)
{
    const hm_transform *t = &set->transform;
    return t->is_sampled || t->jitter > 0 || t->is_mirrored || t->is_crop_random;
}

/* The least label above `last`, or -1. */
static int32_t next_label(const hm_dataset *set, int32_t last)
{
    int32_t next = -1;
    for (size_t i = 0; i < set->view.n; i++) {
        int32_t label = hm_dataset_label(set, i);
        if (label > last && (next < 0 || label < next))
            next = label;
    }
    return next;
}

/* A pass for each class that is there: few, however large their numbers. */
size_t hm_dataset_classes(const hm_dataset *set, int32_t *label)
{
    size_t n = 0;
    for (int32_t c = next_label(set, -1); c >= 0; c = next_label(set, c)) {
        if (label)
            label[n] = c;
        n++;
    }
    return n;
}

const char *hm_dataset_class_name(const hm_dataset *set, int32_t label)
{
    bool has_name = set->storage->class_names && label >= 0 &&
                    (size_t)label < set->storage->n_classes;
    return has_name ? set->storage->class_names[label] : NULL;
}

const char *hm_dataset_columns(const hm_dataset *set)
{
    return set->storage->columns ? set->storage->columns : "";
}

void hm_dataset_range(const hm_dataset *set, float *least, float *most, bool *is_scaled)
{
    *least = set->storage->least;
    *most = set->storage->most;
    *is_scaled = set->is_scaled;
}

const char *hm_dataset_describe(const hm_dataset *set)
{
    return set->description;
}

const char *hm_dataset_preparation(const hm_dataset *set)
{
    return set->preparation;
}

const char *hm_dataset_fingerprint(const hm_dataset *set)
{
    return set->fingerprint;
}

const float *hm_dataset_shift(const hm_dataset *set)
{
    return set->shift;
}

const float *hm_dataset_spread(const hm_dataset *set)
{
    return set->spread;
}

/* ---- Sequences ------------------------------------------------------------------------------- */

const hm_sequences *hm_dataset_sequences(const hm_dataset *set)
{
    return set->storage->sequences;
}

hm_status hm_dataset_sequence_at(const hm_dataset *set, size_t first, size_t *sequence, size_t *n, hm_error *error)
{
    const hm_sequences *s = set->storage->sequences;
    size_t begin = hm_view_at(&set->view, first), q = hm_sequences_at(s, begin);
    *sequence = q;
    *n = (size_t)(s->start[q + 1] - s->start[q]);
    bool is_whole = begin == s->start[q] && first + *n <= set->view.n && hm_view_at(&set->view, first + *n - 1) == begin + *n - 1;
    return is_whole ? HM_OK
                    : hm_fail(error, HM_ERROR_MISMATCH, "%s: of the sequence %s only a part is taken; leave out what chooses single cases", s->path,
                              s->name[q]);
}
