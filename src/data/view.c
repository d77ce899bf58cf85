/* Views: choosing classes, and dividing by chance in the right proportions.
 *
 * Proportions come from systematic sampling: cases lie class after class in a row, and of the n
 * every (n / k)-th is taken for a part of k. A class of m neighbours then gives floor or ceil of m
 * k / n. */
#include "data/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

void hm_view_clear(const hm_context *context, hm_view *view)
{
    hm_free(context, view->index);
    *view = (hm_view){0};
}

static int32_t label_at(const hm_storage *storage, const hm_view *view, size_t i)
{
    return storage->labels ? storage->labels[hm_view_at(view, i)] : 0;
}

/* Two passes: count, then fill. */
typedef bool choice(const void *argument, int32_t label);

static hm_status choose(const hm_storage *storage, const hm_view *from, choice *is_chosen,
                        const void *argument, hm_view *view, hm_error *error)
{
    *view = (hm_view){0};
    size_t n = 0;
    for (size_t i = 0; i < from->n; i++)
        n += is_chosen(argument, label_at(storage, from, i));
    view->index = hm_alloc(storage->context, n, sizeof *view->index, error);
    if (!view->index)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < from->n; i++)
        if (is_chosen(argument, label_at(storage, from, i)))
            view->index[view->n++] = (uint32_t)hm_view_at(from, i);
    return HM_OK;
}

/* ---- Classes --------------------------------------------------------------------------------- */

enum { RANGES_MAX = 64 };

typedef struct ranges {
    size_t n;
    struct {
        long first, last;
    } range[RANGES_MAX];
} ranges;

static bool is_in_ranges(const void *argument, int32_t label)
{
    const ranges *list = argument;
    for (size_t i = 0; i < list->n; i++)
        if (label >= list->range[i].first && label <= list->range[i].last)
            return true;
    return false;
}

/* "2" or "0-4"; *text moves behind it. strtol alone would take a sign. */
static bool parse_range(const char **text, long *first, long *last)
{
    char *end;
    *text += strspn(*text, " ");
    if (**text < '0' || **text > '9')
        return false;
    *first = *last = strtol(*text, &end, 10);
    end += strspn(end, " ");
    if (*end == '-') {
        end += 1 + strspn(end + 1, " ");
        if (*end < '0' || *end > '9')
            return false;
        *last = strtol(end, &end, 10);
        end += strspn(end, " ");
    }
    *text = end;
    return *first <= *last;
}

static hm_status parse_ranges(const char *text, ranges *list, hm_error *error)
{
    const char *at = text;
    list->n = 0;
    do {
        if (list->n == RANGES_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "classes = %.60s...: more than %d items; use ranges like 0-4", text,
                           RANGES_MAX);
        if (!parse_range(&at, &list->range[list->n].first, &list->range[list->n].last) ||
            (*at != ',' && *at != 0))
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "classes = %.60s: must be a list such as 2 or 0-4,7", text);
        list->n++;
    } while (*at++ == ',');
    return HM_OK;
}

static hm_status check_ranges(const hm_storage *storage, const ranges *list, hm_error *error)
{
    for (size_t r = 0; r < list->n; r++) {
        bool is_found = false;
        for (size_t i = 0; i < storage->shape.n_cases && !is_found; i++)
            is_found = storage->labels[i] >= list->range[r].first &&
                       storage->labels[i] <= list->range[r].last;
        if (!is_found)
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "classes: %s has no case of class %ld%s; its classes go up to %zu",
                           storage->path, list->range[r].first,
                           list->range[r].last > list->range[r].first ? " or those after it" : "",
                           storage->n_classes - 1);
    }
    return HM_OK;
}

hm_status hm_view_of_classes(const hm_storage *storage, const char *classes, hm_view *view,
                             hm_error *error)
{
    const hm_view all = {NULL, storage->shape.n_cases};
    ranges list;
    *view = (hm_view){0};
    hm_status status = parse_ranges(classes, &list, error);
    if (status == HM_OK && !storage->labels)
        status = hm_fail(error, HM_ERROR_ARGUMENT,
                         "classes = %.60s: %s has no labels to choose by; give `labels`", classes,
                         storage->path);
    if (status == HM_OK)
        status = check_ranges(storage, &list, error);
    if (status == HM_OK)
        status = choose(storage, &all, is_in_ranges, &list, view, error);
    return status;
}

static bool is_label(const void *argument, int32_t label)
{
    return *(const int32_t *)argument == label;
}

hm_status hm_view_of_class(const hm_storage *storage, const hm_view *from, int32_t label,
                           hm_view *view, hm_error *error)
{
    return choose(storage, from, is_label, &label, view, error);
}

/* ---- Shuffling and dividing ------------------------------------------------------------------ */

/* A counting sort: start[c] is where class c begins in the row of all classes, in shuffled
 * order. */
static void find_starts(const hm_storage *storage, const hm_view *view, const uint32_t *class_order,
                        size_t n_classes, size_t *start)
{
    for (size_t i = 0; i < view->n; i++)
        start[label_at(storage, view, i)]++;
    size_t next = 0;
    for (size_t k = 0; k < n_classes; k++) {
        size_t n = start[class_order[k]];
        start[class_order[k]] = next;
        next += n;
    }
}

hm_status hm_view_shuffle(const hm_storage *storage, const hm_view *view, const hm_random *random,
                          uint32_t *place, hm_error *error)
{
    const hm_context *context = storage->context;
    size_t n_classes = storage->labels ? storage->n_classes : 1;
    hm_status status = HM_ERROR_MEMORY;
    uint32_t *class_order = NULL, *shuffled = NULL;
    size_t *start = NULL;
    class_order = hm_alloc(context, n_classes, sizeof *class_order, error);
    if (!class_order)
        goto done;
    shuffled = hm_alloc(context, view->n, sizeof *shuffled, error);
    if (!shuffled)
        goto done;
    start = hm_alloc(context, n_classes, sizeof *start, error);
    if (!start)
        goto done;
    hm_random_permutation(random, 0, view->n, shuffled);
    hm_random_permutation(random, 1, n_classes, class_order);
    find_starts(storage, view, class_order, n_classes, start);
    for (size_t i = 0; i < view->n; i++)
        place[start[label_at(storage, view, shuffled[i])]++] = shuffled[i];
    status = HM_OK;
done:
    hm_free(context, start);
    hm_free(context, shuffled);
    hm_free(context, class_order);
    return status;
}

/* Both parts keep the order of `from`: marks are set in shuffled order and collected in its own. */
static void collect(const hm_view *from, const unsigned char *is_first, hm_view *first,
                    hm_view *rest)
{
    for (size_t i = 0; i < from->n; i++) {
        hm_view *part = is_first[i] ? first : rest;
        if (part)
            part->index[part->n++] = (uint32_t)hm_view_at(from, i);
    }
}

hm_status hm_view_divide(const hm_storage *storage, const hm_view *from, const hm_random *random,
                         size_t n_first, hm_view *first, hm_view *rest, hm_error *error)
{
    const hm_context *context = storage->context;
    hm_status status = HM_ERROR_MEMORY;
    unsigned char *is_first = NULL;
    uint32_t *place = NULL;
    hm_view parts[2] = {{0}};
    is_first = hm_alloc(context, from->n, 1, error);
    if (!is_first)
        goto done;
    place = hm_alloc(context, from->n, sizeof *place, error);
    if (!place)
        goto done;
    parts[0].index = hm_alloc(context, n_first, sizeof *parts[0].index, error);
    if (!parts[0].index)
        goto done;
    parts[1].index = rest ? hm_alloc(context, from->n - n_first, sizeof *parts[1].index, error)
                          : NULL;
    if (rest && !parts[1].index)
        goto done;
    status = hm_view_shuffle(storage, from, random, place, error);
    if (status != HM_OK)
        goto done;
    for (uint64_t i = 0; i < from->n; i++)
        is_first[place[i]] = (i + 1) * n_first / from->n > i * n_first / from->n;
    collect(from, is_first, &parts[0], rest ? &parts[1] : NULL);
    *first = parts[0];
    if (rest)
        *rest = parts[1];
    parts[0] = parts[1] = (hm_view){0};
done:
    hm_free(context, parts[0].index);
    hm_free(context, parts[1].index);
    hm_free(context, place);
    hm_free(context, is_first);
    return status;
}
