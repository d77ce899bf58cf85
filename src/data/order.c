/* The order of an epoch.
 *
 * Balanced mini-batches are dealt like cards. The N cases lie class after class in a row
 * (hm_view_shuffle) and go to the batches of B in turn, one each; a short last batch of s is passed
 * over in all but s of the B rounds, evenly spread. A full batch b so takes the places
 *     floor(r N / B) + b,  r = 0 .. B - 1,
 * of the row, and m neighbours of one class give it floor or ceil of m B / N. In the end every
 * batch is shuffled in itself. */
#include <math.h>
#include <assert.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/count.h"
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

/* Runs of neighbours in random order, each shuffled in itself: work[n_runs] is room. */
static void order_runs(const hm_random *random, size_t n, size_t run, uint32_t *order, uint32_t *work)
{
    size_t n_runs = hm_n_parts(n, run), at = 0;
    hm_random_permutation(random, 0, n_runs, work);
    for (size_t k = 0; k < n_runs; k++) {
        size_t first = (size_t)work[k] * run, m = n - first < run ? n - first : run;
        hm_random_permutation(random, 1 + k, m, order + at);
        for (size_t i = 0; i < m; i++)
            order[at + i] += (uint32_t)first;
        at += m;
    }
}

static hm_status order_by_runs(const hm_dataset *set, const hm_random *random, uint32_t *order, hm_error *error)
{
    size_t n = set->view.n, run = set->shuffle_run;
    uint32_t *work = hm_alloc(set->context, hm_n_parts(n, run), sizeof *work, error);
    if (!work)
        return HM_ERROR_MEMORY;
    order_runs(random, n, run, order, work);
    hm_free(set->context, work);
    return HM_OK;
}

hm_status hm_dataset_order(const hm_dataset *set, uint64_t epoch, size_t batch_size,
                           uint32_t *order, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, set, order));
    HM_REQUIRE(hm_check_number("batch_size", (double)batch_size, 1, INFINITY, error));
    const hm_random random = {set->context->seed, HM_RANDOM_SHUFFLE, epoch};
    size_t n = set->view.n;
    if (set->is_balanced)
        return order_balanced(set, &random, batch_size < n ? batch_size : n, order, error);
    if (set->shuffle_run > 0 && set->shuffle_run < n)
        return order_by_runs(set, &random, order, error);
    hm_random_permutation(&random, 0, n, order);
    return HM_OK;
}
