/* Lines and words of text files. */
#include "base/lines.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

static const size_t FILE_MAX = (size_t)1 << 30;
static const char BLANKS[] = " \t\r";

size_t hm_lines_count(const char *text)
{
    size_t n = 1;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

hm_status hm_lines_load(const hm_context *context, const char *path, char **text, size_t *n_lines, hm_error *error)
{
    unsigned char *bytes;
    size_t n;
    *text = NULL;
    hm_status status = hm_file_load(context, path, FILE_MAX, &bytes, &n, error);
    if (status != HM_OK)
        return status;
    if (memchr(bytes, 0, n)) {
        hm_free(context, bytes);
        return hm_fail(error, HM_ERROR_FORMAT, "%s: is no text, for it holds zero bytes; name a text file", path);
    }
    *text = (char *)bytes;
    *n_lines = hm_lines_count(*text);
    return HM_OK;
}

hm_status hm_lines_each(char *text, hm_line_reader *read, void *what, hm_error *error)
{
    hm_status status = HM_OK;
    size_t number = 1;
    for (char *line = text; status == HM_OK && *line; number++) {
        size_t n = strcspn(line, "\n");
        bool is_last = !line[n];
        line[n] = 0;
        if (line[strspn(line, BLANKS)])
            status = read(what, line, number, error);
        line += is_last ? n : n + 1;
    }
    return status;
}

char *hm_line_word(char **at)
{
    char *word = *at + strspn(*at, BLANKS);
    if (!*word)
        return NULL;
    *at = word + strcspn(word, BLANKS);
    if (**at)
        *(*at)++ = 0;
    return word;
}
