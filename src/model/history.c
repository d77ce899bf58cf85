/* Histories, whose like lines are counted. */
#include "model/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char TIMES[] = " times)";

/* How often a line of n characters tells its stage; *length: of what it tells. */
static size_t count_times(const char *line, size_t n, size_t *length)
{
    const size_t m = sizeof TIMES - 1;
    *length = n;
    if (n <= m || memcmp(line + n - m, TIMES, m) != 0)
        return 1;
    size_t begin = n - m;
    while (begin > 0 && line[begin - 1] >= '0' && line[begin - 1] <= '9')
        begin--;
    if (begin < 2 || begin == n - m || memcmp(line + begin - 2, " (", 2) != 0)
        return 1;
    *length = begin - 2;
    return strtoul(line + begin, NULL, 10);
}

size_t hm_history_count(const char *history)
{
    size_t n_stages = 0, length;
    while (*history) {
        size_t n = strcspn(history, "\n");
        n_stages += count_times(history, n, &length);
        history += n + (history[n] == '\n');
    }
    return n_stages;
}

/* The line that tells the same, of *n characters and so many times; or the end of the history. */
static const char *find_line(const char *history, const char *line, size_t *n, size_t *times)
{
    size_t length, wanted = strlen(line);
    while (*history) {
        *n = strcspn(history, "\n");
        *times = count_times(history, *n, &length);
        if (length == wanted && memcmp(history, line, wanted) == 0)
            return history;
        history += *n + (history[*n] == '\n');
    }
    return history;
}

hm_status hm_history_add(const hm_context *context, char **history, const char *line, hm_error *error)
{
    size_t n = 0, times = 0, room = strlen(*history) + 48;
    const char *found = find_line(*history, line, &n, &times);
    if (!*found)
        return hm_text_add_line(context, history, line, error);
    char *text = hm_alloc(context, room, 1, error);
    if (!text)
        return HM_ERROR_MEMORY;
    snprintf(text, room, "%.*s%s (%zu%s%s", (int)(found - *history), *history, line, times + 1, TIMES, found + n);
    hm_free(context, *history);
    *history = text;
    return HM_OK;
}
