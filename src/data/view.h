/* Views: which cases of a storage a data set holds. */
#ifndef HM_DATA_VIEW_H
#define HM_DATA_VIEW_H

#include <harmonium/random.h>

#include "data/storage.h"

typedef struct hm_view {
    uint32_t *index; /* [n] cases of the storage, ascending; null: all of them */
    size_t n;
} hm_view;

static inline size_t hm_view_at(const hm_view *view, size_t i)
{
    return view->index ? view->index[i] : i;
}

/* The cases whose label is in a list such as "0-4,7"; every item of the list must select
 * something. */
hm_status hm_view_of_classes(const hm_storage *storage, const char *classes, hm_view *view,
                             hm_error *error);

/* The cases with one label, perhaps none. */
hm_status hm_view_of_class(const hm_storage *storage, const hm_view *from, int32_t label,
                           hm_view *view, hm_error *error);

/* Divides a view by chance into n_first cases and the rest, each class in its share, rounded up or
 * down. `rest` may be null. */
hm_status hm_view_divide(const hm_storage *storage, const hm_view *from, const hm_random *random,
                         size_t n_first, hm_view *first, hm_view *rest, hm_error *error);

/* Fills place[n] with the places 0 .. n-1 in a view, class after class: the classes shuffled, and
 * the cases within each. Without labels all cases are one class. Draws by the cases 0 and 1 of
 * `random`. */
hm_status hm_view_shuffle(const hm_storage *storage, const hm_view *view, const hm_random *random,
                          uint32_t *place, hm_error *error);

void hm_view_clear(const hm_context *context, hm_view *view);

#endif
