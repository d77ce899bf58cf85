/* A matrix as it is, one cell a value: hidden probabilities, cases x units (Hinton 2010, section 15). */
#include "base/check.h"
#include "base/fail.h"
#include "show/image.h"

enum { MARGIN = 10, LINE = 22, LABEL_SIZE = 12, TITLE_SIZE = 15, ACROSS_WANTED = 700, DOWN_WANTED = 420, CELL_MAX = 8 };

hm_status hm_image_matrix(const hm_context *context, hm_matrix values, const char *title, const char *row_name,
                          const char *col_name, hm_image **image, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, image));
    *image = NULL;
    HM_REQUIRE(HM_GIVEN(error, context));
    HM_REQUIRE(hm_check_matrix("values", values, HM_ANY_NUMBER, HM_ANY_NUMBER, HM_TAKES_FLOATS, error));
    if (values.rows == 0 || values.cols == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "there is nothing to draw: a matrix of %zu x %zu", values.rows,
                       values.cols);
    size_t wide = ACROSS_WANTED / values.cols, high = DOWN_WANTED / values.rows;
    wide = wide < 1 ? 1 : wide > CELL_MAX ? CELL_MAX : wide;
    high = high < 1 ? 1 : high > CELL_MAX ? CELL_MAX : high;
    size_t top = MARGIN + (title ? LINE : 0) + (col_name ? LINE : 0), across = values.cols * wide;
    size_t least = (size_t)hm_text_width(TITLE_SIZE, title ? title : "");
    char cols_text[160];
    snprintf(cols_text, sizeof cols_text, "%zu %.40s across, %zu %.40s down", values.cols,
             col_name ? col_name : "columns", values.rows, row_name ? row_name : "rows");
    size_t text_width = (size_t)hm_text_width(LABEL_SIZE, cols_text);
    least = text_width > least ? text_width : least;
    hm_status status = hm_image_create(context, 2 * MARGIN + (across > least ? across : least),
                                       top + values.rows * high + MARGIN, HM_COLOUR_PAPER, image, error);
    if (status != HM_OK)
        return status;
    if (title)
        hm_image_text(*image, MARGIN, MARGIN + LINE / 2.0 - 2, TITLE_SIZE, title);
    if (col_name)
        hm_image_text(*image, MARGIN, (double)top - LINE / 2.0 - 2, LABEL_SIZE, cols_text);
    for (size_t r = 0; r < values.rows; r++)
        for (size_t c = 0; c < values.cols; c++)
            hm_image_fill(*image, MARGIN + c * wide, top + r * high, wide, high, hm_grey_of(hm_row_f32(&values, r)[c]));
    return HM_OK;
}
