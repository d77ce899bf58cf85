/* Toy sets: see toys.h. Each case counts once, so that the set itself is the distribution to learn. */
#include "data/toys.h"

#include <string.h>

/* Rows, or columns, that are all on or all off; both begin with the empty picture (MacKay 2003, section 43). */
static void draw_bars_and_stripes(const hm_shape *shape, float *cases)
{
    size_t side = shape->width;
    for (size_t i = 0; i < shape->n_cases; i++)
        for (size_t k = 0; k < shape->n_features; k++)
            cases[i * shape->n_features + k] = (float)((i >> 1) >> (i & 1 ? k % side : k / side) & 1);
}

/* A pattern of eight units, the same one shifted round by -1, 0 or 1, and which of the three it was (Hinton and Sejnowski 1986). */
static void draw_shifter(const hm_shape *shape, float *cases)
{
    enum { SIDE = 8, SHIFTS = 3 };
    for (size_t i = 0; i < shape->n_cases; i++) {
        float *x = cases + i * shape->n_features;
        size_t pattern = i / SHIFTS, shift = i % SHIFTS;
        for (size_t k = 0; k < SIDE; k++) {
            x[k] = (float)(pattern >> k & 1);
            x[SIDE + (k + SIDE + shift - 1) % SIDE] = x[k];
        }
        for (size_t s = 0; s < SHIFTS; s++)
            x[2 * SIDE + s] = s == shift;
    }
}

/* The left half on, or the right half, with no unit or one of them turned: 14 turns lie between the two. */
static void draw_two_modes(const hm_shape *shape, float *cases)
{
    for (size_t i = 0; i < shape->n_cases; i++)
        for (size_t k = 0; k < shape->n_features; k++) {
            bool is_left = k % shape->width < shape->width / 2, is_turned = i / 2 == k + 1;
            cases[i * shape->n_features + k] = (is_left == (i % 2 == 0)) != is_turned;
        }
}

const hm_toy hm_toys[] = {
    {"bars-and-stripes", {32, 16, 4, 4, 1}, draw_bars_and_stripes},
    {"shifter", {768, 19, 0, 0, 0}, draw_shifter},
    {"two-modes", {34, 16, 4, 4, 1}, draw_two_modes},
    {NULL, {0}, NULL},
};

const hm_toy *hm_toy_find(const char *name)
{
    for (const hm_toy *toy = hm_toys; toy->name; toy++)
        if (strcmp(toy->name, name) == 0)
            return toy;
    return NULL;
}

hm_status hm_toy_open(const hm_context *context, const hm_toy *toy, hm_storage **storage, hm_error *error)
{
    hm_status status = hm_storage_create(context, toy->name, &toy->shape, &hm_elements[HM_ELEMENT_F32], storage, error);
    if (status == HM_OK)
        status = hm_storage_allocate(*storage, UINT64_MAX, error);
    if (status == HM_OK)
        toy->draw(&toy->shape, (float *)(void *)(*storage)->bytes);
    return status;
}
