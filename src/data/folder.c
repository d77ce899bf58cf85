/* A folder of PNG and JPEG files as data: one case a file in the order of the names, or sub-folders
 * that are the classes, numbered in the order of theirs. Names that begin with a point are passed
 * over. */
#include <string.h>

#include <harmonium/data.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"
#include "data/fitting.h"
#include "data/names.h"
#include "data/picture.h"
#include "data/readers.h"

/* ---- What lies where ------------------------------------------------------------------------- */

/* Files are paths below the top folder; label[i] belongs to files.name[i]. */
typedef struct gallery {
    const hm_context *context;
    const char *path;
    hm_names files, classes;
    hm_names strange; /* pictures that are not read, likewise paths below */
    int32_t *label; /* null when there are no sub-folders */
} gallery;

/* Adds names in a sub-folder to a list of paths. */
static hm_status add_paths(const gallery *g, const char *folder, const hm_names *names, hm_names *paths, hm_error *error)
{
    char path[HM_PATH_ROOM];
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < names->n; i++) {
        status = hm_path_in(path, folder, names->name[i], error);
        if (status == HM_OK)
            status = hm_names_add(g->context, paths, path, error);
    }
    return status;
}

/* Adds the pictures of one class. */
static hm_status list_class(gallery *g, const char *name, hm_error *error)
{
    char inner[HM_PATH_ROOM];
    hm_listing listing = {0};
    hm_status status = hm_path_in(inner, g->path, name, error);
    if (status == HM_OK)
        status = hm_folder_list(g->context, inner, &listing, error);
    if (status == HM_OK && listing.pictures.n == 0)
        hm_log(g->context, HM_LOG_WARNING, "%s: a sub-folder is a class, and this one holds no PNG or JPEG file", inner);
    if (status == HM_OK)
        status = add_paths(g, name, &listing.pictures, &g->files, error);
    if (status == HM_OK)
        status = add_paths(g, name, &listing.strange, &g->strange, error);
    hm_listing_clear(g->context, &listing);
    return status;
}

static hm_status list_classes(gallery *g, hm_error *error)
{
    size_t labelled = 0;
    for (size_t c = 0; c < g->classes.n; c++) {
        hm_status status = list_class(g, g->classes.name[c], error);
        if (status != HM_OK)
            return status;
        int32_t *grown =
            hm_realloc(g->context, g->label, labelled, g->files.n, sizeof *grown, error);
        if (!grown)
            return HM_ERROR_MEMORY;
        g->label = grown;
        while (labelled < g->files.n)
            g->label[labelled++] = (int32_t)c;
    }
    return HM_OK;
}

static hm_status fail_empty(const gallery *g, hm_error *error)
{
    if (g->strange.n == 0)
        return hm_fail(error, HM_ERROR_NOT_FOUND, "%s: holds no PNG or JPEG file and no sub-folder of them", g->path);
    return hm_fail(error, HM_ERROR_NOT_FOUND,
                   "%s: holds no PNG or JPEG file and no sub-folder of them, but %zu picture%s of formats that are not read, such as %s; turn "
                   "%s into PNG",
                   g->path, g->strange.n, g->strange.n == 1 ? "" : "s", g->strange.name[0], g->strange.n == 1 ? "it" : "them");
}

static hm_status list_gallery(gallery *g, hm_error *error)
{
    hm_listing listing = {0};
    hm_status status = hm_folder_list(g->context, g->path, &listing, error);
    g->files = listing.pictures;
    g->classes = listing.folders;
    g->strange = listing.strange;
    if (status != HM_OK)
        return status;
    if (g->files.n > 0 && g->classes.n > 0)
        return hm_fail(error, HM_ERROR_FORMAT,
                       "%s: holds pictures (%s) beside sub-folders (%s); put every picture into "
                       "the sub-folder of its class, or name a folder without sub-folders",
                       g->path, g->files.name[0], g->classes.name[0]);
    if (g->classes.n > 0)
        status = list_classes(g, error);
    if (status == HM_OK && g->files.n == 0)
        return fail_empty(g, error);
    hm_warn_of_strange(g->context, g->path, &g->strange);
    return status;
}

/* Takes file i out. */
static void drop_file(gallery *g, size_t i)
{
    size_t n_behind = --g->files.n - i;
    hm_free(g->context, g->files.name[i]);
    memmove(g->files.name + i, g->files.name + i + 1, n_behind * sizeof *g->files.name);
    if (g->label)
        memmove(g->label + i, g->label + i + 1, n_behind * sizeof *g->label);
}

static void free_gallery(gallery *g)
{
    hm_free(g->context, g->label);
    hm_names_clear(g->context, &g->files);
    hm_names_clear(g->context, &g->classes);
    hm_names_clear(g->context, &g->strange);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static hm_status read_picture(const gallery *g, size_t i, const hm_reading *reading,
                              hm_picture *picture, hm_error *error)
{
    char path[HM_PATH_ROOM];
    hm_source source;
    *picture = (hm_picture){0};
    hm_status status = hm_path_in(path, g->path, g->files.name[i], error);
    if (status == HM_OK)
        status = hm_source_open(g->context, path, &source, error);
    if (status != HM_OK)
        return status;
    status = hm_picture_read(&source, reading->memory, hm_reading_channels(reading), picture, error);
    hm_source_close(&source);
    return status;
}

/* The first picture from file i on that is not damaged; those that are leave the gallery with a warning if they may, and
 * picture->pixels is null when none was left. */
static hm_status read_next(gallery *g, size_t i, const hm_reading *reading, hm_picture *picture, hm_error *error)
{
    hm_error damage;
    *picture = (hm_picture){0};
    while (i < g->files.n) {
        hm_status status = read_picture(g, i, reading, picture, &damage);
        if (status == HM_OK)
            return HM_OK;
        if (status != HM_ERROR_FORMAT || !reading->skip_damaged) {
            if (error)
                *error = damage;
            return status;
        }
        hm_log(g->context, HM_LOG_WARNING, "skipped: %s", damage.message);
        drop_file(g, i);
    }
    return g->files.n > 0 ? HM_OK
                          : hm_fail(error, HM_ERROR_FORMAT, "%s: every picture in it is damaged; fetch them again", g->path);
}

/* What all pictures become. */
typedef struct extent {
    size_t height, width, n_channels;
    bool is_deep; /* some are of 16 bits, so that all become floats */
} extent;

static void widen(extent *e, const hm_picture *picture, const hm_reading *reading, bool is_first)
{
    bool grows = reading->fit == HM_FIT_PAD;
    size_t height = picture->height, width = picture->width;
    hm_fitting_shrink(reading->longest, &height, &width);
    if (is_first || (height > e->height) == grows)
        e->height = height;
    if (is_first || (width > e->width) == grows)
        e->width = width;
    if (is_first || picture->n_channels > e->n_channels)
        e->n_channels = picture->n_channels;
    e->is_deep = e->is_deep || picture->is_deep;
}

/* To crop or pad, all sizes must be known before the first picture is stored, so every one is
 * decoded twice; else the first says how large all are, or `resize`. */
static hm_status survey(gallery *g, const hm_reading *reading, extent *e, hm_error *error)
{
    bool is_resized = reading->height > 0, wants_all = reading->fit != HM_FIT_NONE && !is_resized;
    for (size_t i = 0; i < (wants_all ? g->files.n : 1); i++) {
        hm_picture picture;
        hm_status status = read_next(g, i, reading, &picture, error);
        if (status != HM_OK || !picture.pixels)
            return status;
        widen(e, &picture, reading, i == 0);
        hm_free(g->context, picture.pixels);
    }
    if (is_resized) {
        e->height = reading->height;
        e->width = reading->width;
    }
    return HM_OK;
}

/* Pictures that are to be resized, or have 16 bits, become floats. */
static hm_status make_storage(const gallery *g, const extent *e, const hm_reading *reading,
                              hm_storage **storage, hm_error *error)
{
    bool is_real = reading->height > 0 || reading->longest > 0 || e->is_deep;
    hm_shape shape = {g->files.n, e->height * e->width * e->n_channels, e->height, e->width,
                      e->n_channels};
    if ((uint64_t)e->height * e->width > HM_FEATURES_MAX || shape.n_features > HM_FEATURES_MAX ||
        shape.n_cases > HM_CASES_MAX)
        return hm_fail(
            error, HM_ERROR_FORMAT,
            "%s: %zu pictures of %zu x %zu pixels are more than can be read; give `resize`",
            g->path, shape.n_cases, e->height, e->width);
    hm_status status = hm_storage_create(g->context, g->path, &shape,
                                         &hm_elements[is_real ? HM_ELEMENT_F32 : HM_ELEMENT_U8],
                                         storage, error);
    if (status == HM_OK) {
        (*storage)->scale = hm_elements[HM_ELEMENT_U8].scale;
        status = hm_storage_allocate(*storage, reading->memory, error);
    }
    if (status == HM_OK && reading->fit == HM_FIT_PAD) {
        (*storage)->inner = hm_alloc(g->context, shape.n_cases, sizeof *(*storage)->inner, error);
        status = (*storage)->inner ? HM_OK : HM_ERROR_MEMORY;
    }
    return status;
}

static hm_status check_agreement(const gallery *g, size_t i, const hm_picture *picture,
                                 const extent *e, const hm_reading *reading, hm_error *error)
{
    bool may_differ = reading->height > 0 || reading->fit != HM_FIT_NONE;
    size_t height = picture->height, width = picture->width;
    hm_fitting_shrink(reading->longest, &height, &width);
    if (may_differ || (height == e->height && width == e->width))
        return HM_OK;
    return hm_fail(
        error, HM_ERROR_MISMATCH,
        "%s: %s has %zu x %zu pixels, but %s has %zu x %zu; give --fit crop or --fit pad, "
        "or --resize, to make them agree",
        g->path, g->files.name[i], height, width, g->files.name[0], e->height,
        e->width);
}

/* A window is of the picture and not of its padding. */
static hm_status check_window(const gallery *g, size_t i, const hm_fitting *f, const hm_reading *reading, hm_error *error)
{
    if (f->inner_height >= reading->crop_height && f->inner_width >= reading->crop_width)
        return HM_OK;
    return hm_fail(error, HM_ERROR_MISMATCH,
                   "crop = %zux%zu: %s/%s has only %zu x %zu pixels; give a smaller window, or larger pictures with "
                   "`longest` (which enlarges none: leave out what is too small)",
                   reading->crop_height, reading->crop_width, g->path, g->files.name[i], f->inner_height, f->inner_width);
}

/* A grey picture fills three channels alike. */
static void copy_planes(const hm_picture *picture, const hm_shape *shape, unsigned char *out)
{
    const size_t area = shape->height * shape->width;
    for (size_t c = 0; c < shape->n_channels; c++)
        memcpy(out + c * area, picture->pixels + (picture->n_channels == 3 ? c * area : 0), area);
}

static hm_status store(const gallery *g, hm_storage *storage, size_t i, const hm_picture *picture,
                       const hm_reading *reading, hm_error *error)
{
    const hm_shape *shape = &storage->shape;
    const size_t n = shape->n_features;
    const hm_fitting f = hm_fitting_of(reading->fit, reading->height > 0, reading->longest, picture, shape->height,
                                       shape->width);
    hm_status status = check_window(g, i, &f, reading, error);
    if (status != HM_OK)
        return status;
    if (storage->inner)
        storage->inner[i] = (hm_extent){(uint32_t)f.inner_height, (uint32_t)f.inner_width};
    if (!storage->element->is_real && picture->height == shape->height &&
        picture->width == shape->width) {
        copy_planes(picture, shape, storage->bytes + i * n);
        return HM_OK;
    }
    if (storage->element->is_real)
        return hm_picture_fit(storage->context, picture, &f, shape->n_channels,
                              (float *)(void *)storage->bytes + i * n, error);
    float *values = hm_alloc(storage->context, n, sizeof *values, error);
    if (!values)
        return HM_ERROR_MEMORY;
    status = hm_picture_fit(storage->context, picture, &f, shape->n_channels, values, error);
    for (size_t k = 0; status == HM_OK && k < n; k++)
        storage->bytes[i * n + k] = (unsigned char)(values[k] + 0.5f);
    hm_free(storage->context, values);
    return status;
}

/* Whether the storage that was made for `e` cannot hold what has come; *e is then made so that it can. */
static bool outgrows(const hm_picture *picture, const hm_storage *storage, extent *e)
{
    bool is_narrow = picture->n_channels > e->n_channels, is_shallow = picture->is_deep && !storage->element->is_real;
    if (is_narrow)
        e->n_channels = picture->n_channels;
    e->is_deep = e->is_deep || is_shallow;
    return is_narrow || is_shallow;
}

/* *is_outgrown: a coloured picture, or one of 16 bits, has come after others had been thought to be all. */
static hm_status read_pictures(gallery *g, extent *e, const hm_reading *reading, hm_storage *storage, bool *is_outgrown,
                               hm_error *error)
{
    size_t n_coloured = 0;
    *is_outgrown = false;
    for (size_t i = 0; i < g->files.n; i++) {
        hm_picture picture;
        hm_status status = read_next(g, i, reading, &picture, error);
        if (status != HM_OK || !picture.pixels)
            return status;
        status = check_agreement(g, i, &picture, e, reading, error);
        *is_outgrown = status == HM_OK && outgrows(&picture, storage, e);
        if (status == HM_OK && !*is_outgrown)
            status = store(g, storage, i, &picture, reading, error);
        hm_free(g->context, picture.pixels);
        if (status != HM_OK || *is_outgrown)
            return status;
        n_coloured += picture.is_coloured;
    }
    if (n_coloured > 0 && hm_reading_turns_grey(reading))
        hm_log(g->context, HM_LOG_INFO, "%s: the colours of %zu picture%s became grey, as the pictures are that the model learned from", g->path,
               n_coloured, n_coloured == 1 ? "" : "s");
    return HM_OK;
}

/* If any picture is coloured, all are read as coloured, and if any has 16 bits, all as floats: from the beginning, when the first did not
 * say so. */
static hm_status read_gallery(gallery *g, const hm_reading *reading, hm_storage **storage,
                              hm_error *error)
{
    extent e = {0};
    bool is_outgrown = false;
    hm_status status = survey(g, reading, &e, error);
    while (status == HM_OK) {
        status = make_storage(g, &e, reading, storage, error);
        if (status == HM_OK)
            status = read_pictures(g, &e, reading, *storage, &is_outgrown, error);
        if (status == HM_OK)
            (*storage)->shape.n_cases = g->files.n; /* damaged ones have left */
        if (status != HM_OK || !is_outgrown)
            break;
        hm_storage_close(*storage);
        *storage = NULL;
    }
    return status;
}

/* The storage takes the names of the classes over. */
static hm_status label_gallery(gallery *g, hm_storage *storage, hm_error *error)
{
    if (!g->label)
        return HM_OK;
    hm_status status = hm_storage_label(storage, g->label, error);
    if (status != HM_OK)
        return status;
    storage->class_names = g->classes.name;
    storage->n_classes = g->classes.n; /* of the last, too, all may have been damaged */
    g->classes = (hm_names){0};
    return HM_OK;
}

hm_status hm_folder_open(const hm_context *context, const char *path, const hm_reading *reading,
                         hm_storage **storage, hm_error *error)
{
    gallery g = {.context = context, .path = path};
    *storage = NULL;
    if (reading->tile > 0)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: `tile` is for one contact sheet, not for a folder", path);
    if (reading->label_column && *reading->label_column)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "%s: `label-column` is for CSV tables, not for a folder; leave it out",
                       path);
    hm_status status = list_gallery(&g, error);
    if (status == HM_OK)
        status = read_gallery(&g, reading, storage, error);
    if (status == HM_OK)
        status = label_gallery(&g, *storage, error);
    free_gallery(&g);
    if (status != HM_OK) {
        hm_storage_close(*storage);
        *storage = NULL;
    }
    return status;
}
