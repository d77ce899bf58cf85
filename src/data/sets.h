/* Finding what `data` names: one of the named sets on the search path, or a path. */
#ifndef HM_DATA_SETS_H
#define HM_DATA_SETS_H

#include <stdbool.h>

#include <harmonium/data.h>

enum { HM_PLACE_MAX = 4096 };

typedef struct hm_place {
    char data[HM_PLACE_MAX];
    char labels[HM_PLACE_MAX]; /* empty: none */
    char title[HM_PLACE_MAX];  /* "mnist train", or the path: for people */
    const struct hm_toy *toy;  /* computed and not read; null: the files above */
    bool is_inverted;          /* the set holds dark ink on light paper */
} hm_place;

/* HM_ERROR_NOT_FOUND lists where it looked. */
hm_status hm_place_find(const hm_data_config *config, hm_place *place, hm_error *error);

#endif
