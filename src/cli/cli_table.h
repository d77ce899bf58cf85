/* Tables of text, for the terminal and for pages. */
#ifndef HM_CLI_TABLE_H
#define HM_CLI_TABLE_H

#include "cli/cli.h"

typedef struct cli_table {
    const hm_context *context;
    size_t n_cols, n_rows; /* the first row is the head */
    char **cell;           /* [n_rows][n_cols] */
} cli_table;

/* A row of copies: cells[n_cols]. */
hm_status cli_table_add(cli_table *table, const char *const *cells, hm_error *error);
void cli_table_clear(cli_table *table);

/* In columns as wide as their widest cell. */
void cli_table_print(const cli_table *table, FILE *stream);

#endif
