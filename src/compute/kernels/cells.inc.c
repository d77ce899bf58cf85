/* Batch normalisation, units and pooling by row, compiled once per instruction set (HM_KERNEL_ISA). See kernels.h. */
#include <math.h>
#include <string.h>

#include "base/count.h"
#include "compute/kernels/kernels.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX2__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t bits __attribute__((vector_size(4 * LANES)));

INLINE vec load(const float *x)
{
    return *(const loose *)x;
}

INLINE void store(float *x, vec v)
{
    *(loose *)x = v;
}

/* a where the mask is set, b elsewhere. */
INLINE vec choose(bits mask, vec a, vec b)
{
    return (vec)((mask & (bits)a) | (~mask & (bits)b));
}

/* ---- A cell ------------------------------------------------------------------------------------------------------- */

/* The largest y, the sum that it is of, and which place of the cell has it. */
typedef struct winner {
    vec y, sum;
    bits place;
} winner;

/* What one cell sees of some channels: `side` is a constant where this is inlined. */
typedef struct cell {
    size_t first, n; /* places of a row */
    size_t k;
} cell;

INLINE cell cell_at(const hm_cells *c, size_t side, size_t x, size_t k)
{
    return (cell){x * side, side == 1 ? 1 : hm_least(side, c->width - x * side), k};
}

INLINE winner find_winner(const hm_cells *c, const cell *p)
{
    vec scale = load(c->scale + p->k), offset = load(c->offset + p->k);
    const float *at = c->row[0] + p->first * c->stride + p->k;
    winner w = {.sum = load(at), .place = {0}};
    bits place = {0};
    w.y = scale * w.sum + offset;
    for (size_t r = 0; r < c->n_rows; r++)
        for (size_t i = 0; i < p->n; i++, place += 1) {
            vec sum = load(c->row[r] + (p->first + i) * c->stride + p->k), y = scale * sum + offset;
            bits is_more = y > w.y;
            w.y = choose(is_more, y, w.y);
            w.sum = choose(is_more, sum, w.sum);
            w.place = (is_more & place) | (~is_more & w.place);
        }
    return w;
}

INLINE vec tanh_of(vec y)
{
    float x[LANES];
    memcpy(x, &y, sizeof x);
    for (int k = 0; k < LANES; k++)
        x[k] = tanhf(x[k]);
    memcpy(&y, x, sizeof x);
    return y;
}

INLINE vec unit_of(const hm_cells *c, vec y)
{
    return c->is_tanh ? tanh_of(y) : choose(y > 0, y, (vec){0});
}

/* The gradient for y from that for the unit. */
INLINE vec slope_at(const hm_cells *c, const winner *w, vec gradient)
{
    if (!c->is_tanh)
        return choose(w->y > 0, gradient, (vec){0});
    vec unit = tanh_of(w->y);
    return gradient * (1 - unit * unit);
}

INLINE void add_to_part(double *part, vec sum)
{
    for (int k = 0; k < LANES; k++)
        part[k] = (double)sum[k];
}

/* ---- Rows ------------------------------------------------------------------------------------------------------------- */

static void moments(const hm_cells *c)
{
    for (size_t k = 0; k < c->stride; k += LANES) {
        vec sum = {0}, square = {0};
        for (size_t r = 0; r < c->n_rows; r++)
            for (size_t x = 0; x < c->width; x++) {
                vec z = load(c->row[r] + x * c->stride + k);
                sum += z;
                square += z * z;
            }
        add_to_part(c->part + k, sum);
        add_to_part(c->part + c->stride + k, square);
    }
}

INLINE void units_of(const hm_cells *c, size_t side)
{
    for (size_t x = 0; x < c->n_cells; x++)
        for (size_t k = 0; k < c->stride; k += LANES) {
            const cell p = cell_at(c, side, x, k);
            store(c->out + x * c->stride + k, unit_of(c, find_winner(c, &p).y));
        }
}

INLINE void gradients_of(const hm_cells *c, size_t side)
{
    for (size_t k = 0; k < c->stride; k += LANES) {
        vec mean = load(c->mean + k), inverse = load(c->inverse + k), sum = {0}, product = {0};
        for (size_t x = 0; x < c->n_cells; x++) {
            const cell p = cell_at(c, side, x, k);
            winner w = find_winner(c, &p);
            vec dy = slope_at(c, &w, load(c->gradient + x * c->stride + k));
            sum += dy;
            product += dy * ((w.sum - mean) * inverse);
        }
        add_to_part(c->part + k, sum);
        add_to_part(c->part + c->stride + k, product);
    }
}

INLINE void write_cell(const hm_cells *c, const cell *p, vec dy, bits winning)
{
    vec scale = load(c->scale + p->k), mean = load(c->mean + p->k), inverse = load(c->inverse + p->k);
    vec slope = load(c->slope + p->k), level = load(c->level + p->k);
    bits place = {0};
    for (size_t r = 0; r < c->n_rows; r++)
        for (size_t i = 0; i < p->n; i++, place += 1) {
            float *at = c->row[r] + (p->first + i) * c->stride + p->k;
            vec own = choose(winning == place, dy, (vec){0});
            store(at, scale * (own - level - slope * ((load(at) - mean) * inverse)));
        }
}

INLINE void write_of(const hm_cells *c, size_t side)
{
    for (size_t x = 0; x < c->n_cells; x++)
        for (size_t k = 0; k < c->stride; k += LANES) {
            const cell p = cell_at(c, side, x, k);
            winner w = find_winner(c, &p);
            write_cell(c, &p, slope_at(c, &w, load(c->gradient + x * c->stride + k)), w.place);
        }
}

/* ---- The usual sides, known to the compiler ------------------------------------------------------------------------------ */

#define BY_SIDE(name)                                                                                                  \
    static void name(const hm_cells *c)                                                                               \
    {                                                                                                                  \
        if (c->side == 1)                                                                                              \
            name##_of(c, 1);                                                                                           \
        else if (c->side == 2)                                                                                         \
            name##_of(c, 2);                                                                                           \
        else                                                                                                           \
            name##_of(c, c->side);                                                                                     \
    }

BY_SIDE(units)
BY_SIDE(gradients)
BY_SIDE(write)

const hm_cell_kernels JOIN(hm_cells_, HM_KERNEL_ISA) = {.moments = moments, .units = units, .gradients = gradients, .write = write};
