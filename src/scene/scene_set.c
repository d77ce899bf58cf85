/* Pairs of pictures and label pictures on disk: found when the set is opened, read when they are asked for. */
#include <harmonium/scene.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/file.h"
#include "data/names.h"
#include "data/storage.h"

typedef struct pair {
    char *name;             /* without folder and ending */
    char *picture, *labels; /* paths; labels is null without */
} pair;

struct hm_scene_set {
    const hm_context *context;
    const hm_scene_classes *classes;
    size_t n;
    pair *pair; /* [n], by name */
    bool has_labels;
    char fingerprint[17];
};

/* ---- Finding the files ------------------------------------------------------------------------------ */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The name without a picture's ending, if it has one. */
static char *stem_of(const hm_context *context, const char *file, hm_error *error)
{
    char *stem = hm_strdup(context, file, error);
    size_t n = hm_picture_ending(file);
    if (stem && n > 0)
        stem[n] = 0;
    return stem;
}

static hm_status add_picture(hm_scene_set *set, const char *path, hm_error *error)
{
    pair *p = set->pair + set->n++;
    p->picture = hm_strdup(set->context, path, error);
    p->name = p->picture ? stem_of(set->context, base_of(path), error) : NULL;
    return p->name ? HM_OK : HM_ERROR_MEMORY;
}

static int compare(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->picture, y->picture);
}

static hm_status check_names(const hm_scene_set *set, hm_error *error)
{
    for (size_t i = 1; i < set->n; i++)
        if (strcmp(set->pair[i - 1].name, set->pair[i].name) == 0)
            return hm_fail(error, HM_ERROR_ARGUMENT, "%s and %s have one name but for the ending, and would share their labels; rename one",
                           set->pair[i - 1].picture, base_of(set->pair[i].picture));
    return HM_OK;
}

/* The set has room for one picture before. */
static hm_status add_folder(hm_scene_set *set, const char *folder, const hm_names *files, hm_error *error)
{
    char path[HM_PATH_ROOM];
    hm_status status = HM_OK;
    if (files->n == 0)
        return hm_fail(error, HM_ERROR_NOT_FOUND, "%s: holds no PNG or JPEG file; name the folder in which pictures lie", folder);
    pair *grown = hm_realloc(set->context, set->pair, 1, files->n, sizeof *grown, error);
    if (!grown)
        return HM_ERROR_MEMORY;
    set->pair = grown;
    for (size_t i = 0; status == HM_OK && i < files->n; i++) {
        status = hm_path_in(path, folder, files->name[i], error);
        if (status == HM_OK)
            status = add_picture(set, path, error);
    }
    if (status != HM_OK)
        return status;
    qsort(set->pair, set->n, sizeof *set->pair, compare);
    return check_names(set, error);
}

static hm_status find_pictures(hm_scene_set *set, const char *pictures, hm_error *error)
{
    hm_listing listing = {0};
    if (!hm_folder_exists(pictures))
        return add_picture(set, pictures, error);
    hm_status status = hm_folder_list(set->context, pictures, &listing, error);
    if (status == HM_OK)
        status = add_folder(set, pictures, &listing.pictures, error);
    hm_warn_of_strange(set->context, pictures, &listing.strange); /* also when nothing else is there */
    hm_listing_clear(set->context, &listing);
    return status;
}

/* out becomes folder/name.png, or .PNG if there is only that. */
static hm_status find_labels(const char *folder, const pair *p, char out[HM_PATH_ROOM], hm_error *error)
{
    char name[HM_PATH_ROOM];
    snprintf(name, sizeof name, "%s.png", p->name); /* one that is cut is too long in any folder */
    hm_status status = hm_path_in(out, folder, name, error);
    if (status != HM_OK || hm_file_exists(out))
        return status;
    char *ending = out + strlen(out) - 3;
    memcpy(ending, "PNG", 3);
    if (hm_file_exists(out))
        return HM_OK;
    memcpy(ending, "png", 3);
    return hm_fail(error, HM_ERROR_NOT_FOUND, "%s: its labels should be %s, which is not there; add them, or take the picture out",
                   p->picture, out);
}

static hm_status add_labels(hm_scene_set *set, const char *folder, hm_error *error)
{
    char path[HM_PATH_ROOM];
    for (size_t i = 0; i < set->n; i++) {
        hm_status status = find_labels(folder, set->pair + i, path, error);
        if (status != HM_OK)
            return status;
        set->pair[i].labels = hm_strdup(set->context, path, error);
        if (!set->pair[i].labels)
            return HM_ERROR_MEMORY;
    }
    return HM_OK;
}

static hm_status find_all_labels(hm_scene_set *set, const char *pictures, const char *labels, hm_error *error)
{
    set->has_labels = labels && *labels;
    if (!set->has_labels)
        return HM_OK;
    if (hm_folder_exists(labels))
        return add_labels(set, labels, error);
    if (hm_folder_exists(pictures))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: is no folder, and %s is one; name the folder in which the label pictures lie", labels,
                       pictures);
    set->pair[0].labels = hm_strdup(set->context, labels, error);
    return set->pair[0].labels ? HM_OK : HM_ERROR_MEMORY;
}

/* ---- The fingerprint -------------------------------------------------------------------------------- */

/* The name of a file, a zero behind it, and its size; it must be one that can be opened. */
static hm_status add_file(const char *path, uint64_t *hash, hm_error *error)
{
    int descriptor;
    uint64_t size;
    hm_status status = hm_file_open(path, "read", &descriptor, &size, error);
    if (status != HM_OK)
        return status;
    close(descriptor);
    for (const char *c = base_of(path); *c; c++)
        *hash = hm_digest_word(*hash, (unsigned char)*c);
    *hash = hm_digest_word(hm_digest_word(*hash, 0), size);
    return HM_OK;
}

static hm_status mark(hm_scene_set *set, hm_error *error)
{
    hm_status status = HM_OK;
    uint64_t hash = hm_digest_word(0xcbf29ce484222325u, set->has_labels); /* FNV's beginning */
    for (size_t i = 0; status == HM_OK && i < set->n; i++) {
        status = add_file(set->pair[i].picture, &hash, error);
        if (status == HM_OK && set->has_labels)
            status = add_file(set->pair[i].labels, &hash, error);
    }
    hash = hm_digest_word(hm_digest_word(hash, 0), 0); /* spreads the last words over all digits */
    snprintf(set->fingerprint, sizeof set->fingerprint, "%016" PRIx64, hash);
    return status;
}

/* ---- Sets ------------------------------------------------------------------------------------------- */

static hm_status find_all(hm_scene_set *set, const char *pictures, const char *labels, hm_error *error)
{
    set->pair = hm_alloc(set->context, 1, sizeof *set->pair, error);
    if (!set->pair)
        return HM_ERROR_MEMORY;
    hm_status status = find_pictures(set, pictures, error);
    if (status == HM_OK)
        status = find_all_labels(set, pictures, labels, error);
    return status == HM_OK ? mark(set, error) : status;
}

hm_status hm_scene_set_open(const hm_scene_classes *classes, const char *pictures, const char *labels, hm_scene_set **set, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set));
    *set = NULL;
    HM_REQUIRE(HM_GIVEN(error, classes, pictures));
    hm_scene_set *s = hm_alloc(classes->context, 1, sizeof *s, error);
    if (!s)
        return HM_ERROR_MEMORY;
    s->context = classes->context;
    s->classes = classes;
    hm_status status = find_all(s, pictures, labels, error);
    if (status == HM_OK)
        *set = s;
    else
        hm_scene_set_close(s);
    return status;
}

void hm_scene_set_close(hm_scene_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->n; i++) {
        hm_free(set->context, set->pair[i].name);
        hm_free(set->context, set->pair[i].picture);
        hm_free(set->context, set->pair[i].labels);
    }
    hm_free(set->context, set->pair);
    hm_free(set->context, set);
}

size_t hm_scene_set_count(const hm_scene_set *set)
{
    return set->n;
}

bool hm_scene_set_has_labels(const hm_scene_set *set)
{
    return set->has_labels;
}

const char *hm_scene_set_name(const hm_scene_set *set, size_t i)
{
    return set->pair[i].name;
}

const char *hm_scene_set_path(const hm_scene_set *set, size_t i)
{
    return set->pair[i].picture;
}

const char *hm_scene_set_labels(const hm_scene_set *set, size_t i)
{
    return set->pair[i].labels;
}

const char *hm_scene_set_fingerprint(const hm_scene_set *set)
{
    return set->fingerprint;
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

static hm_status read_labels(const hm_scene_set *set, const pair *p, const hm_scene_picture *picture, hm_label_picture *labels,
                             hm_error *error)
{
    hm_status status = hm_label_picture_load(set->classes, p->labels, labels, error);
    if (status != HM_OK || (labels->height == picture->height && labels->width == picture->width))
        return status;
    status = hm_fail(error, HM_ERROR_MISMATCH, "%s has %zu x %zu pixels, but its labels %s have %zu x %zu; make them agree", p->picture,
                     picture->height, picture->width, p->labels, labels->height, labels->width);
    hm_label_picture_clear(labels);
    return status;
}

hm_status hm_scene_set_read(const hm_scene_set *set, size_t i, hm_scene_picture *picture, hm_label_picture *labels, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set, picture));
    HM_REQUIRE(hm_check_index("picture", i, hm_scene_set_count(set), error));
    const pair *p = set->pair + i;
    if (labels)
        *labels = (hm_label_picture){.context = set->context};
    hm_status status = hm_scene_picture_load(set->context, p->picture, picture, error);
    if (status != HM_OK || !labels || !p->labels)
        return status;
    status = read_labels(set, p, picture, labels, error);
    if (status != HM_OK)
        hm_scene_picture_clear(picture);
    return status;
}

static void count_labels(const hm_label_picture *labels, size_t n_classes, uint64_t *count)
{
    for (size_t i = 0; i < labels->height * labels->width; i++)
        if (labels->labels[i] < n_classes)
            count[labels->labels[i]]++;
}

hm_status hm_scene_set_frequencies(const hm_scene_set *set, uint64_t *count, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set, count));
    memset(count, 0, set->classes->n * sizeof *count);
    if (!set->has_labels)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: there are no labels to count; open the set with the folder of its labels",
                       set->pair[0].picture);
    for (size_t i = 0; i < set->n; i++) {
        hm_label_picture labels;
        hm_status status = hm_label_picture_load(set->classes, set->pair[i].labels, &labels, error);
        if (status != HM_OK)
            return status;
        count_labels(&labels, set->classes->n, count);
        hm_label_picture_clear(&labels);
    }
    return HM_OK;
}
