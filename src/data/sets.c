/* The named sets and the folders where they are looked for. */
#include "data/sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "data/toys.h"

/* Each is computed (toys.h), or a folder of its name with the files <part>-images-idx3-ubyte and <part>-labels-
 * idx1-ubyte, plain or as .gz. */
typedef struct named_set {
    hm_dataset_info info;
    bool has_labels;
    bool is_inverted;
} named_set;

static const named_set sets[] = {
    {.info = {"digits", "10,000 handwritten digits of MNIST, 28 x 28, 10 classes",
              "it comes with Harmonium, in the folder data/digits"},
     .has_labels = true},
    {.info = {"mnist", "MNIST, 70,000 handwritten digits, 28 x 28, 10 classes",
              "put its four IDX files into the folder mnist/ below $HARMONIUM_DATA"},
     .has_labels = true},
    {.info = {"usps", "USPS, 9,298 handwritten digits of envelopes, 16 x 16, 10 classes",
              "put its IDX files into the folder usps/ below $HARMONIUM_DATA"},
     .has_labels = true},
    {.info = {"fashion-mnist", "Fashion-MNIST, 70,000 pictures of clothes, 28 x 28, 10 classes",
              "install Debian's package dataset-fashion-mnist"},
     .has_labels = true},
    {.info = {"silhouettes",
              "Caltech-101 silhouettes, 8,671 outlines of things, 28 x 28, classes 1 to 101",
              "put its IDX files into the folder silhouettes/ below $HARMONIUM_DATA"},
     .has_labels = true,
     .is_inverted = true},
    {.info = {"sm08",
              "MNIST as binarised by Salakhutdinov and Murray (2008), 28 x 28, without labels",
              "put its IDX files into the folder sm08/ below $HARMONIUM_DATA"}},
    {.info = {"bars-and-stripes", "32 pictures of 4 x 4 pixels, rows or columns all on or off", "nothing is needed: it is computed"}},
    {.info = {"shifter", "768 patterns of 8 units, the same shifted by -1, 0 or 1, and which: 19 units", "nothing is needed: it is computed"}},
    {.info = {"two-modes", "34 pictures of 4 x 4 pixels, left half or right half on, up to one pixel turned", "nothing is needed: it is computed"}},
};

enum { N_SETS = sizeof sets / sizeof *sets };

const hm_dataset_info *hm_dataset_list(size_t index)
{
    return index < N_SETS ? &sets[index].info : NULL;
}

/* How the files of a part begin, by one name or another. */
static const struct {
    const char *part;
    const char *prefix[2];
} parts[] = {
    {"train", {"train", NULL}},
    {"test", {"test", "t10k"}},
    {"validation", {"val", "validation"}},
};

enum { N_PARTS = sizeof parts / sizeof *parts };

/* ---- The search path ------------------------------------------------------------------------- */

enum { N_ROOTS = 4 };

/* Root i of the search path, or "" when there is none. */
static const char *root_at(size_t i, char out[HM_PLACE_MAX])
{
    const char *from_user = getenv("HARMONIUM_DATA");
    out[0] = 0;
    if (i == 0 && from_user)
        snprintf(out, HM_PLACE_MAX, "%s", from_user);
    else if ((i == 1 || i == 2) && *hm_shared_root(i - 1))
        hm_path_join(out, HM_PLACE_MAX, hm_shared_root(i - 1), "data");
    else if (i == 3)
        strcpy(out, "/usr/share/datasets");
    return out;
}

static bool find_plain_or_packed(const char *folder, const char *prefix, const char *rest,
                                 char out[HM_PLACE_MAX])
{
    char name[128];
    for (int is_packed = 0; is_packed < 2; is_packed++) {
        snprintf(name, sizeof name, "%s-%s%s", prefix, rest, is_packed ? ".gz" : "");
        if (hm_path_join(out, HM_PLACE_MAX, folder, name) && hm_file_exists(out))
            return true;
    }
    return false;
}

/* Fills place->data and place->labels from one folder. A set with labels is there only with both
 * files. */
static bool find_part(const named_set *set, size_t part, const char *folder, hm_place *place)
{
    for (size_t k = 0; k < 2; k++) {
        const char *prefix = parts[part].prefix[k];
        if (!prefix || !find_plain_or_packed(folder, prefix, "images-idx3-ubyte", place->data))
            continue;
        place->labels[0] = 0;
        if (!set->has_labels ||
            find_plain_or_packed(folder, prefix, "labels-idx1-ubyte", place->labels))
            return true;
    }
    return false;
}

static hm_status fail_not_found(const named_set *set, const char *part, hm_error *error)
{
    char where[768] = "", root[HM_PLACE_MAX];
    size_t used = 0;
    for (size_t i = 0; i < N_ROOTS; i++) {
        if (root_at(i, root)[0] && used < sizeof where)
            used += (size_t)snprintf(where + used, sizeof where - used, "%s%s/%s", used ? ", " : "",
                                     root, set->info.name);
    }
    return hm_fail(error, HM_ERROR_NOT_FOUND,
                   "the %s part of the data set %s was not found; %s (looked in %s)", part,
                   set->info.name, set->info.where_from, where);
}

static hm_status find_named(const named_set *set, const char *part_name, hm_place *place,
                            hm_error *error)
{
    char root[HM_PLACE_MAX], folder[HM_PLACE_MAX];
    size_t part = 0;
    while (part < N_PARTS && strcmp(parts[part].part, part_name) != 0)
        part++;
    if (part == N_PARTS)
        return hm_fail(error, HM_ERROR_ARGUMENT,
                       "part = %.40s: must be one of train, test, validation", part_name);
    place->toy = hm_toy_find(set->info.name);
    snprintf(place->title, sizeof place->title, "%s", set->info.name);
    if (place->toy && part > 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "part = %.40s: %s has no parts; it is all there is", part_name,
                       set->info.name);
    if (place->toy)
        return HM_OK;
    for (size_t i = 0; i < N_ROOTS; i++) {
        if (!root_at(i, root)[0] || !hm_path_join(folder, sizeof folder, root, set->info.name))
            continue;
        if (find_part(set, part, folder, place)) {
            snprintf(place->title, sizeof place->title, "%s %s", set->info.name, part_name);
            place->is_inverted = set->is_inverted;
            return HM_OK;
        }
    }
    return fail_not_found(set, part_name, error);
}

/* ---- Paths ----------------------------------------------------------------------------------- */

static hm_status fail_unknown(const char *data, hm_error *error)
{
    const char *names[N_SETS];
    char list[512] = "";
    for (size_t i = 0; i < N_SETS; i++) {
        names[i] = sets[i].info.name;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = hm_nearest_name(data, names, N_SETS);
    return hm_fail(error, HM_ERROR_NOT_FOUND,
                   "%s: there is no such file or folder, nor one below $HARMONIUM_DATA, and no data set of that name%s%s%s (the "
                   "sets are %s)",
                   data, near ? "; did you mean " : "", near ? near : "", near ? "?" : "", list);
}

static bool is_there(const char *path)
{
    return hm_file_exists(path) || hm_folder_exists(path);
}

/* A path as it is, or else below a root of the search path. */
static bool find_below_roots(const char *data, char out[HM_PLACE_MAX])
{
    char root[HM_PLACE_MAX];
    snprintf(out, HM_PLACE_MAX, "%s", data);
    if (is_there(out))
        return true;
    for (size_t i = 0; i < N_ROOTS && data[0] && data[0] != '/' && data[0] != '.'; i++)
        if (root_at(i, root)[0] && hm_path_join(out, HM_PLACE_MAX, root, data) && is_there(out))
            return true;
    return false;
}

static hm_status find_path(const hm_data_config *config, hm_place *place, hm_error *error)
{
    if (!find_below_roots(config->data, place->data))
        return fail_unknown(config->data, error);
    if (config->part[0] && strcmp(config->part, "train") != 0)
        return hm_fail(
            error, HM_ERROR_ARGUMENT,
            "part = %.40s: only named sets have parts; name the file itself instead of %s",
            config->part, config->data);
    snprintf(place->title, sizeof place->title, "%s", config->data);
    return HM_OK;
}

hm_status hm_place_find(const hm_data_config *config, hm_place *place, hm_error *error)
{
    hm_status status = HM_ERROR_NOT_FOUND;
    size_t i = 0;
    *place = (hm_place){0};
    while (i < N_SETS && strcmp(sets[i].info.name, config->data) != 0)
        i++;
    if (i < N_SETS)
        status = find_named(&sets[i], config->part[0] ? config->part : "train", place, error);
    else
        status = find_path(config, place, error);
    if (status == HM_OK && config->labels[0])
        snprintf(place->labels, sizeof place->labels, "%s", config->labels);
    return status;
}
