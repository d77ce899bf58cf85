/* Lines and words of text files. */
#include "base/lines.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

static const size_t FILE_MAX = (size_t)1 << 30;
static const char BLANKS[] = " \t\r";

/* Bytes of the character at `at`: 0 for what is no UTF-8, and for control characters, of which C1 (U+0080 to U+009F) take two. */
static size_t shown_length(const unsigned char *at)
{
    size_t n = *at < 0x80 ? 1 : *at >= 0xc2 && *at < 0xe0 ? 2 : *at >= 0xe0 && *at < 0xf0 ? 3 : *at >= 0xf0 && *at < 0xf5 ? 4 : 0;
    for (size_t k = 1; k < n; k++)
        if ((at[k] & 0xc0) != 0x80)
            return 0;
    bool is_control = *at < ' ' || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0);
    return is_control ? 0 : n;
}

char *hm_text_show(const char *text, char *shown, size_t size)
{
    size_t used = 0, n;
    for (; *text && used + 1 < size; text += n ? n : 1, used += n ? n : 1) {
        n = shown_length((const unsigned char *)text);
        if (used + n >= size)
            break;
        if (n)
            memmove(shown + used, text, n);
        else
            shown[used] = '?';
    }
    shown[used] = 0;
    return shown;
}

size_t hm_text_drop_mark(char *text, size_t n)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t length = strncmp(text, mark, 3) == 0 ? 3 : 0;
    memmove(text, text + length, n - length + 1);
    return n - length;
}

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
    hm_text_drop_mark((char *)bytes, n);
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
