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
#include "data/readers.h"

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

enum { ITEMS_MAX = 64 };

/* What a list of classes names: a class by its name, or all whose numbers lie in a range. */
typedef struct item {
    const char *text;
    size_t n; /* letters of it */
    bool is_range;
    long first, last;
} item;

typedef struct items {
    size_t n;
    item item[ITEMS_MAX];
} items;

/* Reads "2" or "0-4", all of the item. strtol alone would take a sign. */
static void read_range(item *it)
{
    char *end;
    const char *stop = it->text + it->n;
    if (it->n == 0 || *it->text < '0' || *it->text > '9')
        return;
    it->first = it->last = strtol(it->text, &end, 10);
    end += strspn(end, " ");
    if (end < stop && *end == '-') {
        end += 1 + strspn(end + 1, " ");
        if (end >= stop || *end < '0' || *end > '9')
            return;
        it->last = strtol(end, &end, 10);
    }
    it->is_range = end == stop && it->first <= it->last;
}

static hm_status fail_list(const hm_storage *storage, const char *classes, const item *it, hm_error *error)
{
    hm_quotation text;
    return hm_fail(error, HM_ERROR_ARGUMENT, "classes = %.60s: must be a list such as 2 or 0-4,7%s; %s is none of these", classes,
                   storage->class_names ? ", or of names of classes" : "", hm_quote(it->text, it->n, &text));
}

/* The number of a class: what its name says, if that is one, else its label. */
static long number_of(const hm_storage *storage, int32_t label)
{
    char *end;
    const char *name = storage->class_names && (size_t)label < storage->n_classes ? storage->class_names[label] : NULL;
    long number = name ? strtol(name, &end, 10) : label;
    return name && (end == name || *end || number < 0) ? label : number;
}

static bool is_named(const hm_storage *storage, const item *it, int32_t label)
{
    const char *name = storage->class_names && (size_t)label < storage->n_classes ? storage->class_names[label] : NULL;
    return name && strlen(name) == it->n && memcmp(name, it->text, it->n) == 0;
}

static bool names_a_class(const hm_storage *storage, const item *it)
{
    for (size_t c = 0; storage->class_names && c < storage->n_classes; c++)
        if (is_named(storage, it, (int32_t)c))
            return true;
    return false;
}

static hm_status parse_list(const hm_storage *storage, const char *classes, items *list, hm_error *error)
{
    list->n = 0;
    for (const char *at = classes;; at++) {
        size_t n = strcspn(at, ",");
        if (list->n == ITEMS_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT, "classes = %.60s...: more than %d items; use ranges like 0-4", classes, ITEMS_MAX);
        item *it = &list->item[list->n++];
        *it = (item){.text = at + strspn(at, " ")};
        it->n = (size_t)(at + n > it->text ? at + n - it->text : 0);
        while (it->n > 0 && it->text[it->n - 1] == ' ')
            it->n--;
        if (!names_a_class(storage, it))
            read_range(it);
        if (!it->is_range && !names_a_class(storage, it))
            return fail_list(storage, classes, it, error);
        at += n;
        if (!*at)
            return HM_OK;
    }
}

/* is_chosen[n_classes], and each item must choose a case. */
static hm_status mark_classes(const hm_storage *storage, const items *list, bool *is_chosen, hm_error *error)
{
    for (size_t k = 0; k < list->n; k++) {
        const item *it = &list->item[k];
        bool is_found = false;
        for (size_t i = 0; i < storage->shape.n_cases; i++) {
            int32_t label = storage->labels[i];
            long number = number_of(storage, label);
            bool is_meant = it->is_range ? number >= it->first && number <= it->last : is_named(storage, it, label);
            is_chosen[label] |= is_meant;
            is_found |= is_meant;
        }
        if (!is_found)
            return hm_fail(error, HM_ERROR_ARGUMENT, "classes: %s has no case of class %.*s; its classes go up to %zu", storage->path,
                           it->n < 24 ? (int)it->n : 24, it->text, storage->n_classes - 1);
    }
    return HM_OK;
}

static bool is_marked(const void *argument, int32_t label)
{
    return ((const bool *)argument)[label];
}

hm_status hm_view_of_classes(const hm_storage *storage, const char *classes, hm_view *view,
                             hm_error *error)
{
    const hm_view all = {NULL, storage->shape.n_cases};
    items list;
    *view = (hm_view){0};
    if (!storage->labels)
        return hm_fail(error, HM_ERROR_ARGUMENT, "classes = %.60s: %s has no labels to choose by; give `labels`", classes, storage->path);
    bool *is_chosen = hm_alloc(storage->context, storage->n_classes, sizeof *is_chosen, error);
    hm_status status = is_chosen ? parse_list(storage, classes, &list, error) : HM_ERROR_MEMORY;
    if (status == HM_OK)
        status = mark_classes(storage, &list, is_chosen, error);
    if (status == HM_OK)
        status = choose(storage, &all, is_marked, is_chosen, view, error);
    hm_free(storage->context, is_chosen);
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
