/* The three verbs, and the backends that do them.
 *
 *     propagate   mean = f(beta (x W + b)), and a sample of it
 *     correlate   G = weight+ x+'y+  -  weight- x-'y-
 *     update      d = momentum d + rate (G - costs), w += d
 *
 * A backend is a row of function pointers. The plain one is complete and is the truth; another starts as
 * its copy and overrides what it does better. Work is cut into tasks by its size alone, so results do not
 * depend on the number of threads. No verb allocates. */
#ifndef HM_COMPUTE_BACKEND_H
#define HM_COMPUTE_BACKEND_H

#include <harmonium/context.h>
#include <harmonium/layer.h>
#include <harmonium/matrix.h>
#include <harmonium/random.h>

#include "compute/kernels/kernels.h"

typedef struct hm_propagation {
    hm_matrix input;       /* cases x n_in; float, or bytes that are the states themselves; data null: `mean` holds x W */
    hm_matrix weights;     /* W as stored, n_below x n_above, float */
    bool is_down;          /* false: input is below, W; true: input is above, W' */
    const float *bias;     /* n_out / bias_run; null: none */
    size_t bias_run;       /* so many units in a row share a bias: the places of a map; 0 or 1: each has its own */
    const hm_layer *layer; /* of the driven units; null: leave the input a = x W + b in `mean` */
    float beta;            /* 1 / temperature */
    hm_matrix mean;        /* cases x n_out, float */
    hm_matrix sample;      /* cases x n_out, float or bytes (Bernoulli, softmax, binomial); data null: none; no part of `mean` */
    hm_random random;      /* of the sample */
    uint64_t first_case;   /* the number that row 0 has among the random numbers */
    struct hm_panels *panels; /* of the same weights, packed; null: there are none */
} hm_propagation;

typedef struct hm_correlation {
    hm_matrix x_plus, y_plus; /* cases x n_x, cases x n_y; float or bytes */
    float weight_plus;        /* usually 1 / cases */
    hm_matrix x_minus, y_minus; /* data null: there is no second phase */
    float weight_minus;
    hm_matrix gradient;           /* n_x x n_y, float */
    float *gradient_x, *gradient_y; /* n_x / run_x, n_y / run_y: the same of the states alone, for the biases; null: not
                                       wanted */
    size_t run_x, run_y;            /* so many units in a row share a bias; 0 or 1: each has its own */
} hm_correlation;

typedef struct hm_update {
    float *parameters, *velocity;
    const float *gradient;
    size_t n;
    float rate, momentum;
    float l2, l1; /* weight costs: leave 0 for biases */
    float *second; /* Adam (Kingma and Ba, 2015): running squares of the gradient; rate / share is then the rate of the costs; */
    float share;   /* null: plain steps */
} hm_update;

typedef struct hm_backend {
    const char *name;
    const char *summary;
    bool (*is_available)(void);
    void (*propagate)(const hm_context *context, const hm_propagation *job);
    void (*correlate)(const hm_context *context, const hm_correlation *job);
    void (*update)(const hm_context *context, const hm_update *job);
    /* One tile of a product on one thread: the arguments of hm_kernels.product. */
    void (*product)(const hm_kernels *kernels, bool a_transposed, bool b_transposed, size_t m, size_t n,
                    size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta,
                    float *c, size_t ldc);
    const hm_kernels *(*kernels)(void);
    size_t tile_cols; /* of an output that a task computes: a multiple of every vector width, at most HM_TILE_COLS_MAX */
} hm_backend;

enum { HM_TILE_COLS_MAX = 256 };

/* The row of that name, or the best available for null and "auto". */
hm_status hm_backend_choose(const char *name, const hm_backend **backend, hm_error *error);

extern const hm_backend hm_backend_plain;
extern const hm_backend hm_backend_blas;  /* its is_available is false in a build without */
extern const hm_backend hm_backend_fused; /* needs a processor with fused multiply-add */

/* Shorthands through the context's backend. */
void hm_propagate(const hm_context *context, const hm_propagation *job);
void hm_correlate(const hm_context *context, const hm_correlation *job);
void hm_update_parameters(const hm_context *context, const hm_update *job);

/* What a step of Adam is scaled by after `count` steps, this one included: running means begin at zero, and what that takes from them is
 * given back (Kingma and Ba, 2015, section 3). */
double hm_adam_share(double momentum, uint64_t count);

/* For overriding backends: the plain verbs over another `product`. */
void hm_plain_propagate(const hm_context *context, const hm_propagation *job);
void hm_plain_correlate(const hm_context *context, const hm_correlation *job);
void hm_plain_update(const hm_context *context, const hm_update *job);
/* The sums for the biases below or above alone. */
void hm_correlate_biases(const hm_kernels *kernels, const hm_correlation *job, bool is_above);

#endif
