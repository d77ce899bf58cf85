/* Layers as text: "bernoulli 500 + softmax 10". */
#include <harmonium/layer.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fail.h"
#include "compute/unit.h"

enum { UNITS_MAX = 1 << 24, SIZE_MAX_TRIALS = 1000 };

/* ---- What a program may write into a layer -------------------------------------------------------------- */

static hm_status check_group(const char *name, const hm_layer *layer, const hm_unit_group *group, hm_error *error)
{
    int kind = (int)group->kind;
    if (kind < 0 || kind >= hm_n_unit_kinds)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: units of kind %d; kinds are 0 to %d (HM_UNIT_..)", name, kind, hm_n_unit_kinds - 1);
    bool is_open = layer->filter_height && !layer->height; /* hm_layer_connect counts its units */
    if (!group->n_units && !is_open)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: a group of no %s units; it has at least one", name, hm_unit_name(kind));
    if (hm_unit_kinds[kind].size_name && group->size < (hm_unit_kinds[kind].least_size > 1 ? hm_unit_kinds[kind].least_size : 1))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: %s units of size %d; the size (%s) is at least %d", name, hm_unit_name(kind), group->size,
                       hm_unit_kinds[kind].size_name, hm_unit_kinds[kind].least_size > 1 ? hm_unit_kinds[kind].least_size : 1);
    if (kind == HM_UNIT_SOFTMAX && group->n_units % (size_t)group->size != 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: %zu softmax units do not divide into groups of %d", name, group->n_units, group->size);
    if (kind == HM_UNIT_POOL && (!layer->n_maps || layer->height % (size_t)group->size || layer->width % (size_t)group->size))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: pool units are places of maps whose sides divide into blocks of %d", name, group->size);
    return HM_OK;
}

static hm_status check_maps(const char *name, const hm_layer *layer, hm_error *error)
{
    size_t M = layer->n_maps, h = layer->height, w = layer->width, n = layer->n_units;
    bool has_filters = layer->filter_height || layer->filter_width, is_open = has_filters && !h && !w;
    if (has_filters && (!layer->filter_height || !layer->filter_width || !M))
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: %zu maps by filters of %zux%zu; all three are at least 1", name, M, layer->filter_height,
                       layer->filter_width);
    if (M && layer->n_groups != 1)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: maps stand alone, but there are %d groups", name, layer->n_groups);
    bool fits = M && h && w && n % M == 0 && n / M % h == 0 && n / M / h == w;
    if ((M || h || w) && !is_open && !fits)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: %zu maps of %zux%zu do not make %zu units", name, M, h, w, n);
    return HM_OK;
}

hm_status hm_layer_check(const char *name, const hm_layer *layer, hm_error *error)
{
    size_t n = 0;
    if (layer->n_groups < 1 || layer->n_groups > HM_LAYER_GROUPS_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: %d groups of units; a layer has 1 to %d", name, layer->n_groups, HM_LAYER_GROUPS_MAX);
    hm_status status = check_maps(name, layer, error);
    for (int g = 0; status == HM_OK && g < layer->n_groups; g++) {
        status = check_group(name, layer, &layer->group[g], error);
        n += layer->group[g].n_units;
    }
    bool is_open = layer->filter_height && !layer->height;
    if (status == HM_OK && !is_open && n != layer->n_units)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: its groups have %zu units together, but n_units is %zu", name, n, layer->n_units);
    return status;
}

const char *hm_unit_name(int kind)
{
    return kind >= 0 && kind < hm_n_unit_kinds ? hm_unit_kinds[kind].name : NULL;
}

const char *hm_unit_summary(int kind)
{
    return kind >= 0 && kind < hm_n_unit_kinds ? hm_unit_kinds[kind].summary : NULL;
}

static int find_kind(const char *word, size_t n)
{
    if (n == 4 && memcmp(word, "tanh", n) == 0) /* what its mean is called elsewhere */
        return HM_UNIT_SPIN;
    for (int kind = 0; kind < hm_n_unit_kinds; kind++)
        if (strlen(hm_unit_kinds[kind].name) == n && memcmp(hm_unit_kinds[kind].name, word, n) == 0)
            return kind;
    return -1;
}

static hm_status fail_text(const char *text, const char *why, hm_error *error)
{
    return hm_fail(error, HM_ERROR_ARGUMENT,
                   "layer \"%.80s\": %s; write for example \"bernoulli 500\", \"gaussian 39\", \"softmax 10\", "
                   "\"relu 100\", \"binomial 20x8\", joined by \" + \", or \"pool 40x2 by 12x12\"",
                   text, why);
}

enum { NUMBERS_MAX = 4 };

/* "40x17x17": numbers between 1 and UNITS_MAX, at most four; returns how many and moves *at behind them, or -1. */
static int read_numbers(const char **at, long numbers[NUMBERS_MAX])
{
    int n = 0;
    while (isdigit((unsigned char)**at)) {
        char *end;
        if (n == NUMBERS_MAX)
            return -1;
        numbers[n] = strtol(*at, &end, 10);
        if (numbers[n] < 1 || numbers[n++] > UNITS_MAX)
            return -1;
        *at = *end == 'x' && isdigit((unsigned char)end[1]) ? end + 1 : end;
    }
    return n;
}

/* What the numbers say: units, units and size, maps and their sides, or all of them; of a layer with filters that has no sides yet the
 * units are maps. */
static hm_status take_numbers(const char *text, int kind, const long *numbers, int n, long n_default,
                              hm_unit_group *group, hm_layer *layer, hm_error *error)
{
    bool has_size = hm_unit_kinds[kind].size_name != NULL, is_softmax = kind == HM_UNIT_SOFTMAX, has_maps = n >= 3;
    bool says_size = n == 2 || n == 4, is_open = layer->filter_height && !has_maps;
    long count = n ? numbers[0] : n_default, size = says_size ? numbers[n - 1] : is_softmax ? count : 1;
    if (count < 1 || (has_maps && (is_softmax || count > UNITS_MAX / numbers[1] / numbers[2])))
        return fail_text(text, "the number of units must lie between 1 and 16,777,216", error);
    if (has_size ? size < hm_unit_kinds[kind].least_size : says_size)
        return fail_text(text, "the size behind the x does not fit this kind of unit", error);
    if (is_softmax && count % size != 0)
        return fail_text(text, "the units must divide into groups of equal size", error);
    if (kind == HM_UNIT_POOL && !has_maps && !is_open)
        return fail_text(text, "pool units are places of maps, as in \"pool 40x2 by 12x12\" or \"pool 40x22x22x2\"", error);
    if (is_softmax && layer->filter_height)
        return fail_text(text, "softmax units are no maps, and have no filters", error);
    if (kind == HM_UNIT_BINOMIAL && size > SIZE_MAX_TRIALS)
        return fail_text(text, "a binomial unit has at most 1,000 trials", error);
    if (is_open)
        layer->n_maps = (size_t)count;
    if (has_maps) {
        layer->n_maps = (size_t)count;
        layer->height = (size_t)numbers[1];
        layer->width = (size_t)numbers[2];
        if (kind == HM_UNIT_POOL && (numbers[1] % size || numbers[2] % size))
            return fail_text(text, "the sides of the maps must divide into blocks", error);
        count *= numbers[1] * numbers[2];
    }
    *group = (hm_unit_group){(hm_unit)kind, (int)size, (size_t)count};
    return HM_OK;
}

/* "by 12x12" */
static bool read_filters(const char **at, hm_layer *layer)
{
    long sides[NUMBERS_MAX];
    *at += 3 + strspn(*at + 3, " \t");
    if (read_numbers(at, sides) != 2)
        return false;
    layer->filter_height = (size_t)sides[0];
    layer->filter_width = (size_t)sides[1];
    return true;
}

/* "[kind] [numbers] [by filters]" of length n. */
static hm_status parse_group(const char *text, const char *part, size_t n, size_t n_default,
                             hm_unit_group *group, hm_layer *layer, hm_error *error)
{
    char words[64];
    long numbers[NUMBERS_MAX];
    if (n >= sizeof words)
        return fail_text(text, "too long", error);
    memcpy(words, part, n);
    words[n] = 0;
    const char *at = words + strspn(words, " \t");
    size_t letters = 0;
    while (isalpha((unsigned char)at[letters]))
        letters++;
    int kind = letters ? find_kind(at, letters) : HM_UNIT_BERNOULLI;
    if (kind < 0)
        return fail_text(text, "there is no such kind of unit", error);
    at += letters + strspn(at + letters, " \t");
    int n_numbers = read_numbers(&at, numbers);
    if (n_numbers < 0)
        return fail_text(text, "the number of units must lie between 1 and 16,777,216", error);
    at += strspn(at, " \t");
    if (strncmp(at, "by ", 3) == 0 && !read_filters(&at, layer))
        return fail_text(text, "behind \"by\" stand the height and width of the filters, as in \"by 12x12\"", error);
    if (at[strspn(at, " \t")])
        return fail_text(text, "not understood", error);
    return take_numbers(text, kind, numbers, n_numbers, (long)n_default, group, layer, error);
}

hm_status hm_layer_parse(const char *text, size_t n_default, hm_layer *layer, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, text, layer));
    hm_layer made = {0};
    const char *part = text;
    for (;;) {
        size_t n = strcspn(part, "+");
        if (made.n_groups == HM_LAYER_GROUPS_MAX)
            return fail_text(text, "more than four groups", error);
        hm_unit_group *group = &made.group[made.n_groups++];
        hm_status status = parse_group(text, part, n, n_default, group, &made, error);
        if (status != HM_OK)
            return status;
        made.n_units += group->n_units;
        if (!part[n])
            break;
        part += n + 1;
    }
    if (made.n_maps && made.n_groups > 1)
        return fail_text(text, "maps cannot stand beside another group", error);
    *layer = made;
    return HM_OK;
}

hm_status hm_layers_parse(const char *text, size_t n_default, hm_layer *layers, size_t most, size_t *n_layers,
                          hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, text, layers, n_layers));
    bool is_bare = text[strspn(text, "0123456789, \t")] == 0;
    const char *separators = is_bare ? ", \t" : "|", *at = text + strspn(text, " \t");
    *n_layers = 0;
    while (*at || *n_layers == 0) {
        char part[256];
        size_t n = strcspn(at, separators);
        if (n >= sizeof part || *n_layers == most)
            return hm_fail(error, HM_ERROR_ARGUMENT, "layers \"%.80s\": more than %zu layers, or one too long to read",
                           text, most);
        memcpy(part, at, n);
        part[n] = 0;
        hm_status status = hm_layer_parse(part, *n_layers ? 0 : n_default, &layers[*n_layers], error);
        if (status != HM_OK)
            return status;
        ++*n_layers;
        at += n + (at[n] != 0);
        at += strspn(at, is_bare ? separators : " \t");
    }
    return HM_OK;
}

size_t hm_layer_print(const hm_layer *layer, char *text, size_t size)
{
    size_t used = 0;
    if (size)
        text[0] = 0;
    for (int i = 0; i < layer->n_groups; i++) {
        const hm_unit_group *group = &layer->group[i];
        bool whole = group->kind == HM_UNIT_SOFTMAX && group->n_units == (size_t)group->size;
        char extra[16] = "", units[64];
        if (hm_unit_kinds[group->kind].size_name && !whole)
            snprintf(extra, sizeof extra, "x%d", group->size);
        if (layer->height)
            snprintf(units, sizeof units, "%zux%zux%zu", layer->n_maps, layer->height, layer->width);
        else
            snprintf(units, sizeof units, "%zu", group->n_units);
        size_t room = used < size ? size - used : 0;
        used += (size_t)snprintf(room ? text + used : NULL, room, "%s%s %s%s", i ? " + " : "",
                                 hm_unit_kinds[group->kind].name, units, extra);
    }
    size_t room = used < size ? size - used : 0;
    if (layer->filter_height)
        used += (size_t)snprintf(room ? text + used : NULL, room, " by %zux%zu", layer->filter_height, layer->filter_width);
    return used;
}

/* ---- Layers joined by filters -------------------------------------------------------------------------- */

static size_t block_side(const hm_layer *layer)
{
    return layer->group[0].kind == HM_UNIT_POOL ? (size_t)layer->group[0].size : 1;
}

static hm_status fail_filters(const hm_layer *below, const hm_layer *layer, hm_error *error)
{
    size_t C = block_side(layer), fh = layer->filter_height, fw = layer->filter_width;
    if (!below->n_maps)
        return hm_fail(error, HM_ERROR_MISMATCH, "filters of %zux%zu need maps below them, and there are %zu units; write them as maps, as "
                                                 "in \"1x28x28\", or take data that are pictures",
                       fh, fw, below->n_units);
    if (fh > below->height || fw > below->width)
        return hm_fail(error, HM_ERROR_MISMATCH, "filters of %zux%zu are larger than the maps of %zux%zu below them; take smaller filters or "
                                                 "larger pictures",
                       fh, fw, below->height, below->width);
    return hm_fail(error, HM_ERROR_MISMATCH, "filters of %zux%zu leave %zux%zu places of the maps of %zux%zu below them, not one block of "
                                             "%zux%zu; take smaller filters or blocks",
                   fh, fw, below->height - fh + 1, below->width - fw + 1, below->height, below->width, C, C);
}

hm_status hm_layer_connect(const hm_layer *below, hm_layer *layer, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, below, layer));
    HM_REQUIRE(hm_layer_check("layer", layer, error));
    size_t C = block_side(layer);
    if (!layer->filter_height)
        return HM_OK;
    HM_REQUIRE(hm_layer_check("below", below, error));
    bool fits = below->n_maps && layer->filter_height <= below->height && layer->filter_width <= below->width;
    size_t height = fits ? (below->height - layer->filter_height + 1) / C * C : 0;
    size_t width = fits ? (below->width - layer->filter_width + 1) / C * C : 0;
    if (!height || !width)
        return fail_filters(below, layer, error);
    if (layer->height && (layer->height != height || layer->width != width))
        return hm_fail(error, HM_ERROR_MISMATCH, "maps of %zux%zu above filters of %zux%zu on maps of %zux%zu; there they are %zux%zu (the "
                                                 "sides may be left out)",
                       layer->height, layer->width, layer->filter_height, layer->filter_width, below->height, below->width, height, width);
    if (height > UNITS_MAX / width / layer->n_maps)
        return hm_fail(error, HM_ERROR_MISMATCH, "%zu maps of %zux%zu are more than 16,777,216 units; take fewer maps or smaller pictures",
                       layer->n_maps, height, width);
    layer->height = height;
    layer->width = width;
    layer->n_units = layer->group[0].n_units = layer->n_maps * height * width;
    return HM_OK;
}

hm_layer hm_layer_shown(const hm_layer *layer)
{
    hm_layer shown = *layer;
    size_t C = block_side(layer);
    shown.filter_height = shown.filter_width = 0;
    if (layer->group[0].kind != HM_UNIT_POOL)
        return shown;
    shown.height /= C;
    shown.width /= C;
    shown.n_units /= C * C;
    shown.group[0] = (hm_unit_group){HM_UNIT_BERNOULLI, 1, shown.n_units};
    return shown;
}

hm_layer hm_layer_under(const hm_layer *layer, const hm_layer *above)
{
    hm_layer shown = hm_layer_shown(layer);
    if (layer->filter_height && !above->filter_height)
        shown.n_maps = shown.height = shown.width = 0;
    return shown;
}

size_t hm_layer_n_biases(const hm_layer *layer)
{
    return layer->n_maps ? layer->n_maps : layer->n_units;
}

size_t hm_layer_bias_run(const hm_layer *layer)
{
    return layer->n_maps ? layer->height * layer->width : 1;
}

size_t hm_layer_place(const hm_layer *layer, size_t s)
{
    if (layer->group[0].kind != HM_UNIT_POOL)
        return s;
    size_t C = (size_t)layer->group[0].size, blocks = layer->width / C, block = s / (C * C), inner = s % (C * C);
    return (block / blocks * C + inner / C) * layer->width + block % blocks * C + inner % C;
}

size_t hm_layer_n_features(const hm_layer *layer)
{
    return layer->filter_height ? layer->n_maps : layer->n_units;
}

size_t hm_layer_feature_unit(const hm_layer *layer, size_t i)
{
    size_t C = block_side(layer), rows = layer->height / C, cols = layer->width / C;
    return layer->filter_height ? i * layer->height * layer->width + (rows / 2 * cols + cols / 2) * C * C : i;
}

hm_layer hm_layer_of(hm_unit kind, size_t n_units, int size)
{
    return (hm_layer){.n_groups = 1, .n_units = n_units, .group = {{kind, size, n_units}}};
}

bool hm_layer_is_equal(const hm_layer *a, const hm_layer *b)
{
    bool equal = a->n_groups == b->n_groups && a->n_maps == b->n_maps && a->height == b->height && a->width == b->width &&
                 a->filter_height == b->filter_height && a->filter_width == b->filter_width;
    for (int i = 0; equal && i < a->n_groups; i++)
        equal = a->group[i].kind == b->group[i].kind && a->group[i].size == b->group[i].size &&
                a->group[i].n_units == b->group[i].n_units;
    return equal;
}

bool hm_layer_is_all(const hm_layer *layer, hm_unit kind)
{
    for (int i = 0; i < layer->n_groups; i++)
        if (layer->group[i].kind != kind)
            return false;
    return true;
}
