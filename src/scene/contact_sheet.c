/* Pictures beside what is true of them and what a net answered, row under row. */
#include <harmonium/scene.h>

#include "base/check.h"
#include "base/fail.h"
#include "scene/legend.h"
#include "show/image.h"

enum { N_COLS = 3, GAP = 6, TITLE = 24, CAPTION = 20, TEXT_SIZE = 12 };

typedef struct sheet {
    const hm_scene_sheet_row *rows;
    size_t n;
    const hm_scene_classes *classes;
    size_t column, height; /* width of a column; height of the rows with the titles */
    hm_legend legend;
} sheet;

static void shrink(const hm_scene_picture *picture, hm_scene_view *view)
{
    float scale = picture->width > HM_SCENE_SHEET_WIDTH ? (float)HM_SCENE_SHEET_WIDTH / (float)picture->width : 1;
    hm_scene_view_whole(picture, scale, view);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t width_of(const sheet *s)
{
    return larger(GAP + N_COLS * (s->column + GAP), s->legend.cell);
}

static sheet lay_out(const hm_scene_sheet_row *rows, size_t n, const hm_scene_classes *classes)
{
    sheet s = {.rows = rows, .n = n, .classes = classes, .height = TITLE};
    hm_scene_view view;
    for (size_t i = 0; i < n; i++) {
        shrink(rows[i].picture, &view);
        s.column = larger(s.column, view.width);
        s.height += view.height + (rows[i].caption ? CAPTION : GAP);
    }
    s.legend = hm_legend_lay_out(classes, GAP + N_COLS * (s.column + GAP));
    return s;
}

static hm_status check(const hm_scene_sheet_row *rows, size_t n, hm_error *error)
{
    if (n == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a contact sheet needs a picture");
    for (size_t i = 0; i < n; i++) {
        const hm_scene_picture *p = rows[i].picture;
        const hm_label_picture *labels[] = {rows[i].truth, rows[i].answer};
        for (size_t k = 0; k < sizeof labels / sizeof *labels; k++)
            if (labels[k]->height != p->height || labels[k]->width != p->width)
                return hm_fail(error, HM_ERROR_MISMATCH, "row %zu: labels of %zu x %zu pixels do not belong to a picture of %zu x %zu", i,
                               labels[k]->height, labels[k]->width, p->height, p->width);
    }
    return HM_OK;
}

static uint32_t colour_of(const hm_scene_picture *picture, size_t i)
{
    uint32_t colour = 0;
    for (size_t c = 0; c < 3; c++)
        colour = colour << 8 | (hm_grey_of(picture->values[c * picture->height * picture->width + i]) & 255);
    return colour;
}

/* The picture in the first column, or labels in a later one. */
static hm_status draw_seen(const sheet *s, const hm_scene_picture *picture, const hm_label_picture *labels, size_t column, size_t top,
                           hm_image *image, hm_error *error)
{
    hm_scene_view view;
    hm_scene_picture seen;
    hm_label_picture seen_labels;
    size_t left = GAP + column * (s->column + GAP);
    shrink(picture, &view);
    hm_status status = hm_scene_view_take(s->classes, &view, picture, labels, &seen, &seen_labels, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; i < seen.height * seen.width; i++)
        hm_image_set(image, left + i % seen.width, top + i / seen.width,
                     labels ? s->classes->colour[seen_labels.labels[i]] : colour_of(&seen, i));
    hm_scene_picture_clear(&seen);
    hm_label_picture_clear(&seen_labels);
    return HM_OK;
}

static hm_status draw_row(const sheet *s, const hm_scene_sheet_row *row, size_t *top, hm_image *image, hm_error *error)
{
    const hm_label_picture *labels[N_COLS] = {NULL, row->truth, row->answer};
    hm_scene_view view;
    hm_status status = HM_OK;
    for (size_t c = 0; status == HM_OK && c < N_COLS; c++)
        status = draw_seen(s, row->picture, labels[c], c, *top, image, error);
    shrink(row->picture, &view);
    *top += view.height + (row->caption ? CAPTION : GAP);
    if (row->caption)
        hm_image_text(image, GAP, (double)*top - CAPTION / 2.0, TEXT_SIZE, row->caption);
    return status;
}

static hm_status draw(const sheet *s, hm_image *image, hm_error *error)
{
    static const char *const titles[N_COLS] = {"picture", "truth", "answer"};
    size_t top = TITLE;
    hm_status status = HM_OK;
    for (size_t c = 0; c < N_COLS; c++)
        hm_image_text(image, (double)(GAP + c * (s->column + GAP)), TITLE / 2.0, TEXT_SIZE + 1, titles[c]);
    for (size_t i = 0; status == HM_OK && i < s->n; i++)
        status = draw_row(s, s->rows + i, &top, image, error);
    hm_legend_draw(&s->legend, 0, top, image);
    return status;
}

hm_status hm_scene_contact_sheet(const hm_scene_sheet_row *rows, size_t n, const hm_scene_classes *classes, hm_image **image,
                                 hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, rows, classes));
    hm_status status = check(rows, n, error);
    if (status != HM_OK)
        return status;
    sheet s = lay_out(rows, n, classes);
    status = hm_image_create(classes->context, width_of(&s), s.height + s.legend.height, HM_COLOUR_PAPER, image, error);
    if (status == HM_OK)
        status = draw(&s, *image, error);
    if (status != HM_OK) {
        hm_image_destroy(*image);
        *image = NULL;
    }
    return status;
}
