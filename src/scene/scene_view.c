/* A view of a picture and its labels: resized, turned, moved, mirrored, in other colours.
 *
 * What a view sees is read from a grid: the picture, or the means of its areas when the view is smaller. With (i, j) from the view's
 * centre, t the turn and s the scale, pixel (i, j) lies at
 *
 *     down   + ( cos t i + sin t j) / s
 *     across + (-sin t i + cos t j) / s        from the picture's centre, and so many pixels of the grid as it has for one of the picture.
 *
 * Both go on by equal steps along a row. */
#include <harmonium/scene.h>

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "data/picture.h"
#include "data/resize.h"

/* A view larger than this is refused anyway. */
static size_t scaled(size_t n, double scale)
{
    double wanted = round((double)n * scale);
    return wanted >= 1 ? (size_t)fmin(wanted, (double)HM_PIXELS_MAX + 1) : 1;
}

void hm_scene_view_whole(const hm_scene_picture *picture, float scale, hm_scene_view *view)
{
    *view = (hm_scene_view){.height = scaled(picture->height, scale), .width = scaled(picture->width, scale), .scale = scale};
}

/* ---- Where pixels lie ------------------------------------------------------------------------------- */

typedef struct place {
    double down, across;
} place;

/* In a grid of height x width: pixel (0, 0) of the view, and what a step down or right in the view adds. */
typedef struct mapping {
    size_t height, width;
    place first, row, column;
} mapping;

static mapping map(const hm_scene_view *view, const hm_scene_picture *picture, size_t height, size_t width)
{
    mapping m = {.height = height, .width = width};
    const double fine = (double)height / (double)picture->height, wide = (double)width / (double)picture->width;
    const double c = cos((double)view->turn) / (double)view->scale, s = sin((double)view->turn) / (double)view->scale;
    const double side = view->is_mirrored ? -1 : 1, i = ((double)view->height - 1) / 2, j = ((double)view->width - 1) / 2;
    m.row = (place){fine * c, -wide * s};
    m.column = (place){side * fine * s, side * wide * c};
    m.first.down = ((double)height - 1) / 2 + fine * (double)view->down - i * m.row.down - j * m.column.down;
    m.first.across = ((double)width - 1) / 2 + wide * (double)view->across - i * m.row.across - j * m.column.across;
    return m;
}

static place row_begin(const mapping *m, size_t i)
{
    return (place){m->first.down + (double)i * m->row.down, m->first.across + (double)i * m->row.across};
}

/* ---- Colours ---------------------------------------------------------------------------------------- */

/* x lies between two of n pixels, the second with this share; beyond the ends, on the outermost. */
typedef struct between {
    ptrdiff_t first, second;
    float share;
} between;

static inline between find(double x, size_t n)
{
    const double last = (double)(n - 1);
    x = x > 0 ? x : 0;
    x = x < last ? x : last;
    ptrdiff_t first = (ptrdiff_t)x;
    return (between){first, first + (x < last), (float)(x - (double)first)};
}

/* Between both: a rounding may carry it beyond b. */
static inline float mix(float a, float b, float share)
{
    float value = a + share * (b - a), least = a < b ? a : b, most = a < b ? b : a;
    value = value < least ? least : value;
    return value > most ? most : value;
}

/* Row i of all three planes: values[3][m->height][m->width] to out[3][height][width]. */
static void see_row(const mapping *m, const float *values, const hm_scene_view *view, size_t i, float *out)
{
    const size_t area = m->height * m->width, seen_area = view->height * view->width;
    const ptrdiff_t width = (ptrdiff_t)m->width;
    place at = row_begin(m, i);
    out += i * view->width;
    for (size_t j = 0; j < view->width; j++) {
        const between d = find(at.down, m->height), a = find(at.across, m->width);
        const ptrdiff_t above = d.first * width, below = d.second * width;
        for (size_t c = 0; c < 3; c++) {
            const float *plane = values + c * area;
            float upper = mix(plane[above + a.first], plane[above + a.second], a.share);
            float lower = mix(plane[below + a.first], plane[below + a.second], a.share);
            out[c * seen_area + j] = mix(upper, lower, d.share);
        }
        at.down += m->column.down;
        at.across += m->column.across;
    }
}

static void colour(const hm_scene_view *view, float *values)
{
    const size_t n = view->height * view->width;
    for (size_t c = 0; c < 3; c++, values += n) {
        const float gain = view->gain[c] == 0 ? 1 : view->gain[c], offset = view->offset[c];
        if (gain == 1 && offset == 0)
            continue;
        for (size_t i = 0; i < n; i++) {
            float value = values[i] * gain + offset;
            value = value > 0 ? value : 0;
            values[i] = value < 1 ? value : 1;
        }
    }
}

/* The means of the areas of a picture, small->height x small->width of them. */
static hm_status average(const hm_scene_picture *picture, hm_scene_picture *small, hm_error *error)
{
    const hm_context *context = picture->context;
    const size_t n_in = picture->height * picture->width, n_out = small->height * small->width;
    hm_resize *resize;
    float *scratch = NULL;
    hm_status status = hm_resize_create(context, picture->height, picture->width, small->height, small->width, &resize, error);
    if (status != HM_OK)
        return status;
    small->values = hm_alloc(context, n_out, 3 * sizeof *small->values, error);
    scratch = small->values ? hm_alloc(context, hm_resize_scratch(resize), sizeof *scratch, error) : NULL;
    for (size_t c = 0; scratch && c < 3; c++)
        hm_resize_apply(resize, picture->values + c * n_in, scratch, small->values + c * n_out);
    status = scratch ? HM_OK : HM_ERROR_MEMORY;
    hm_free(context, scratch);
    hm_resize_destroy(context, resize);
    return status;
}

/* What the view is read from: the caller clears *grid unless the picture itself is. */
static hm_status make_grid(const hm_scene_view *view, const hm_scene_picture *picture, hm_scene_picture *grid, hm_error *error)
{
    *grid = *picture;
    if (view->scale >= 1)
        return HM_OK;
    *grid = (hm_scene_picture){picture->context, scaled(picture->height, view->scale), scaled(picture->width, view->scale), NULL};
    return average(picture, grid, error);
}

static hm_status see(const hm_scene_view *view, const hm_scene_picture *picture, hm_scene_picture *seen, hm_error *error)
{
    hm_scene_picture grid;
    *seen = (hm_scene_picture){picture->context, view->height, view->width, NULL};
    hm_status status = make_grid(view, picture, &grid, error);
    if (status == HM_OK) {
        seen->values = hm_alloc(picture->context, view->height * view->width, 3 * sizeof *seen->values, error);
        status = seen->values ? HM_OK : HM_ERROR_MEMORY;
    }
    const mapping m = map(view, picture, grid.height, grid.width);
    for (size_t i = 0; status == HM_OK && i < view->height; i++)
        see_row(&m, grid.values, view, i, seen->values);
    if (status == HM_OK)
        colour(view, seen->values);
    if (grid.values != picture->values)
        hm_scene_picture_clear(&grid);
    return status;
}

/* ---- Labels ----------------------------------------------------------------------------------------- */

static void see_label_row(const mapping *m, const uint8_t *labels, size_t n, uint8_t outside, place at, uint8_t *out)
{
    const double height = (double)m->height, width = (double)m->width;
    at.down += 0.5;
    at.across += 0.5;
    for (size_t j = 0; j < n; j++) {
        bool is_inside = at.down >= 0 && at.down < height && at.across >= 0 && at.across < width;
        out[j] = is_inside ? labels[(ptrdiff_t)at.down * (ptrdiff_t)m->width + (ptrdiff_t)at.across] : outside;
        at.down += m->column.down;
        at.across += m->column.across;
    }
}

static hm_status see_labels(const hm_scene_classes *classes, const hm_scene_view *view, const hm_scene_picture *picture,
                            const hm_label_picture *labels, hm_label_picture *seen, hm_error *error)
{
    const mapping m = map(view, picture, labels->height, labels->width);
    uint8_t *out = hm_alloc(picture->context, view->height * view->width, sizeof *out, error);
    *seen = (hm_label_picture){picture->context, view->height, view->width, out};
    if (!out)
        return HM_ERROR_MEMORY;
    for (size_t i = 0; i < view->height; i++)
        see_label_row(&m, labels->labels, view->width, (uint8_t)classes->n, row_begin(&m, i), out + i * view->width);
    return HM_OK;
}

/* ---- Both ------------------------------------------------------------------------------------------- */

static bool has_size(size_t height, size_t width)
{
    return height > 0 && width > 0 && height <= HM_PIXELS_MAX / width;
}

static bool is_finite(const hm_scene_view *view)
{
    bool is = isfinite(view->scale) && isfinite(view->turn) && isfinite(view->down) && isfinite(view->across);
    for (int c = 0; c < 3; c++)
        is = is && isfinite(view->gain[c]) && isfinite(view->offset[c]);
    return is;
}

static hm_status check(const hm_scene_view *view, const hm_scene_picture *picture, const hm_label_picture *labels, hm_error *error)
{
    if (!has_size(picture->height, picture->width) || !has_size(view->height, view->width))
        return hm_fail(error, HM_ERROR_ARGUMENT, "a view of %zu x %zu pixels cannot be taken of a picture of %zu x %zu; from 1 to %zu can",
                       view->height, view->width, picture->height, picture->width, (size_t)HM_PIXELS_MAX);
    if (!is_finite(view) || view->scale <= 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "no view has scale %g, turn %g, and lies at %g, %g; give finite numbers, a scale above 0",
                       (double)view->scale, (double)view->turn, (double)view->down, (double)view->across);
    if (labels && (labels->height != picture->height || labels->width != picture->width))
        return hm_fail(error, HM_ERROR_MISMATCH, "labels of %zu x %zu pixels do not belong to a picture of %zu x %zu", labels->height,
                       labels->width, picture->height, picture->width);
    return HM_OK;
}

hm_status hm_scene_view_take(const hm_scene_classes *classes, const hm_scene_view *view, const hm_scene_picture *picture,
                             const hm_label_picture *labels, hm_scene_picture *seen, hm_label_picture *seen_labels, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, view, picture, seen));
    if (labels && labels->labels && seen_labels)
        HM_REQUIRE(HM_GIVEN(error, classes));
    const hm_label_picture *given = labels && labels->labels ? labels : NULL;
    *seen = (hm_scene_picture){.context = picture->context};
    if (seen_labels)
        *seen_labels = (hm_label_picture){.context = picture->context};
    hm_status status = check(view, picture, given, error);
    if (status == HM_OK)
        status = see(view, picture, seen, error);
    if (status == HM_OK && given && seen_labels)
        status = see_labels(classes, view, picture, given, seen_labels, error);
    if (status != HM_OK)
        hm_scene_picture_clear(seen);
    return status;
}
