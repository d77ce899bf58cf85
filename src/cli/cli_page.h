/* The page index.html of a folder of pictures: what each shows, what to look for, and the command that drew it; and tables. */
#ifndef HM_CLI_PAGE_H
#define HM_CLI_PAGE_H

#include "cli/cli_table.h"

enum { CLI_PAGE_COLS_MAX = 15 };

/* Makes `folder` one that has a page. A resumed run keeps what the page tells already. */
hm_status cli_page_begin(const cli_call *call, const char *folder, const char *title, const char *introduction, hm_error *error);

/* A number in the page's table. */
hm_status cli_page_number(const char *folder, const char *name, const char *value, hm_error *error);

/* A paragraph; a table of at most CLI_PAGE_COLS_MAX columns under a title. */
hm_status cli_page_text(const char *folder, const char *text, hm_error *error);
hm_status cli_page_table(const char *folder, const char *title, const cli_table *table, hm_error *error);

/* Writes the page of a folder, also one without pictures. */
hm_status cli_page_write(const cli_call *call, const char *folder, hm_error *error);

/* Tells the page of the folder that holds `path`, if it has one, of a picture; `look` says what to look for. */
hm_status cli_page_picture(const cli_call *call, const char *path, const char *title, const char *look,
                           hm_error *error);
/* The same of a folder with a page of its own. */
hm_status cli_page_link(const cli_call *call, const char *path, const char *title, const char *look, hm_error *error);

#endif
