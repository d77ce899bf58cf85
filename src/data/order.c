/* The order of an epoch.
 *
 * Balanced mini-batches are dealt like cards. The N cases lie class after class in a row
 * (hm_view_shuffle) and go to the batches of B in turn, one each; a short last batch of s is passed
 * over in all but s of the B rounds, evenly spread. A full batch b so takes the places
 *     floor(r N / B) + b,  r = 0 .. B - 1,
 * of the row, and m neighbours of one class give it floor or ceil of m B / N. In the end every
 * batch is shuffled in itself. */
#include <assert.h>

#include "base/alloc.h"
#include "base/context.h"
#include "data/dataset.h"

/* The full batches are served in the order turn[n / batch_size], so that none is favoured by
 * coming first. */
static void deal(const uint32_t *place, size_t n, size_t batch_size, const uint32_t *turn,
                 uint32_t *order)
{
    size_t n_full = n / batch_size, n_short = n % batch_size, next = 0, used = 0;
    for (size_t round = 0; round < batch_size; round++) {
        for (size_t b = 0; b < n_full; b++)
            order[turn[b] * batch_size + round] = place[next++];
        if ((uint64_t)(round + 1) * n_short / batch_size > used)
            order[n_full * batch_size + used++] = place[next++];
    }
}

/* row[n] by a permutation and a copy. */
static void shuffle_batch(const hm_random *random, uint64_t index, uint32_t *row, size_t n,
                          uint32_t *copy, uint32_t *permutation)
{
    hm_random_permutation(random, index, n, permutation);
    for (size_t i = 0; i < n; i++)
        copy[i] = row[permutation[i]];
    for (size_t i = 0; i < n; i++)
        row[i] = copy[i];
}

static void shuffle_batches(const hm_random *random, uint64_t index, size_t n, size_t batch_size,
                            uint32_t *order, uint32_t *work)
{
    for (size_t first = 0; first < n; first += batch_size) {
        size_t m = n - first < batch_size ? n - first : batch_size;
        shuffle_batch(random, index++, order + first, m, work, work + batch_size);
    }
}

/* The cases of `random` from which each step draws; hm_view_shuffle takes the first two. */
enum { DRAW_TURNS = 2, DRAW_BATCHES = 3 };

static hm_status order_balanced(const hm_dataset *set, const hm_random *random, size_t batch_size,
                                uint32_t *order, hm_error *error)
{
    size_t n = set->view.n;
    /* The last step works in it, too. */
    size_t n_place = n > 2 * batch_size ? n : 2 * batch_size;
    uint32_t *place = hm_alloc(set->context, n_place, sizeof *place, error);
    uint32_t *turn = place ? hm_alloc(set->context, n / batch_size, sizeof *turn, error) : NULL;
    hm_status status = turn ? hm_view_shuffle(set->storage, &set->view, random, place, error)
                            : HM_ERROR_MEMORY;
    if (status == HM_OK) {
        hm_random_permutation(random, DRAW_TURNS, n / batch_size, turn);
        deal(place, n, batch_size, turn, order);
        shuffle_batches(random, DRAW_BATCHES, n, batch_size, order, place);
    }
    hm_free(set->context, turn);
    hm_free(set->context, place);
    return status;
}

hm_status hm_dataset_order(const hm_dataset *set, uint64_t epoch, size_t batch_size,
                           uint32_t *order, hm_error *error)
{
    const hm_random random = {set->context->seed, HM_RANDOM_SHUFFLE, epoch};
    size_t n = set->view.n;
    assert(batch_size > 0);
    if (set->is_balanced)
        return order_balanced(set, &random, batch_size < n ? batch_size : n, order, error);
    hm_random_permutation(&random, 0, n, order);
    return HM_OK;
}
