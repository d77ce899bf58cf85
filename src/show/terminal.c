/* Images in the terminal: each upper half block shows two pixels, the upper as its ink and the lower as its paper. */
#include "show/image.h"

/* Mean colour of the pixels that fall into cell (x, y) of a grid of columns x rows. */
static void mean_colour(const hm_image *image, size_t columns, size_t rows, size_t x, size_t y, unsigned colour[3])
{
    size_t x0 = x * image->width / columns, x1 = (x + 1) * image->width / columns;
    size_t y0 = y * image->height / rows, y1 = (y + 1) * image->height / rows;
    unsigned long sum[3] = {0}, n = (x1 - x0) * (y1 - y0);
    for (size_t row = y0; row < y1; row++)
        for (size_t column = x0; column < x1; column++)
            for (int c = 0; c < 3; c++)
                sum[c] += image->pixels[3 * (row * image->width + column) + (size_t)c];
    for (int c = 0; c < 3; c++)
        colour[c] = (unsigned)((sum[c] + n / 2) / n);
}

/* Two pixels in colour. */
static void print_cell(const hm_image *image, size_t columns, size_t rows, size_t x, size_t y, FILE *stream)
{
    unsigned upper[3], lower[3];
    mean_colour(image, columns, rows, x, y, upper);
    fprintf(stream, "\033[38;2;%u;%u;%um", upper[0], upper[1], upper[2]);
    if (y + 1 < rows) {
        mean_colour(image, columns, rows, x, y + 1, lower);
        fprintf(stream, "\033[48;2;%u;%u;%um", lower[0], lower[1], lower[2]);
    }
    fputs("\u2580", stream);
}

/* The same in letters, the darker the emptier. */
static void print_letter(const hm_image *image, size_t columns, size_t rows, size_t x, size_t y, FILE *stream)
{
    static const char letters[] = " .:-=+*#%@";
    unsigned upper[3], lower[3];
    mean_colour(image, columns, rows, x, y, upper);
    mean_colour(image, columns, rows, x, y + 1 < rows ? y + 1 : y, lower);
    unsigned grey = (upper[0] + upper[1] + upper[2] + lower[0] + lower[1] + lower[2]) / 6;
    fputc(letters[grey * (sizeof letters - 2) / 255], stream);
}

void hm_image_print(const hm_image *image, size_t columns, bool is_coloured, FILE *stream)
{
    if (columns == 0 || columns > image->width)
        columns = image->width;
    size_t rows = (image->height * columns + image->width / 2) / image->width;
    rows = rows == 0 ? 1 : rows > image->height ? image->height : rows;
    for (size_t y = 0; y < rows; y += 2) {
        for (size_t x = 0; x < columns; x++)
            (is_coloured ? print_cell : print_letter)(image, columns, rows, x, y, stream);
        fputs(is_coloured ? "\033[0m\n" : "\n", stream);
    }
}
