/* Tables of text. */
#include "cli/cli_table.h"

#include "base/alloc.h"
#include "base/lines.h"

hm_status cli_table_add(cli_table *table, const char *const *cells, hm_error *error)
{
    size_t n = table->n_rows * table->n_cols;
    char **grown = hm_realloc(table->context, table->cell, n, n + table->n_cols, sizeof *grown, error);
    if (!grown)
        return HM_ERROR_MEMORY;
    table->cell = grown;
    table->n_rows++;
    for (size_t i = 0; i < table->n_cols; i++)
        if (!(grown[n + i] = hm_strdup(table->context, cells[i], error)))
            return HM_ERROR_MEMORY;
    return HM_OK;
}

void cli_table_clear(cli_table *table)
{
    for (size_t i = 0; i < table->n_rows * table->n_cols; i++)
        hm_free(table->context, table->cell[i]);
    hm_free(table->context, table->cell);
    table->cell = NULL;
    table->n_rows = 0;
}

/* Characters of UTF-8. */
static size_t width_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static size_t width_of_column(const cli_table *table, size_t column)
{
    size_t widest = 0;
    for (size_t i = 0; i < table->n_rows; i++) {
        size_t n = width_of(table->cell[i * table->n_cols + column]);
        widest = n > widest ? n : widest;
    }
    return widest;
}

void cli_table_print(const cli_table *table, FILE *stream)
{
    for (size_t i = 0; i < table->n_rows; i++)
        for (size_t k = 0; k < table->n_cols; k++) {
            const char *cell = table->cell[i * table->n_cols + k];
            bool is_last = k + 1 == table->n_cols;
            size_t room = is_last ? 0 : width_of_column(table, k) - width_of(cell) + 2;
            char shown[1024];
            fprintf(stream, "%s%*s%s", hm_text_show(cell, shown, sizeof shown), (int)room, "", is_last ? "\n" : "");
        }
}
