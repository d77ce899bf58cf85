/* Belief nets from files: what they are is told by how they begin. */
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/lines.h"
#include "belief/net.h"
#include "data/source.h"

enum { BYTES_MAX = 64 << 20 };

/* Until the end rather than for a size, which a gzip file does not tell. bytes[*n] is there, and zero. */
static hm_status read_source(hm_source *source, size_t most, char **bytes, size_t *n, hm_error *error)
{
    size_t room = 1 << 16, n_read = 0;
    hm_status status = HM_OK;
    *bytes = hm_alloc(source->context, room + 1, 1, error);
    for (*n = 0; status == HM_OK && *bytes; *n += n_read) {
        if (*n == room) {
            char *larger = hm_realloc(source->context, *bytes, room + 1, 2 * room + 1, 1, error);
            if (!larger)
                return HM_ERROR_MEMORY;
            *bytes = larger;
            room *= 2;
        }
        status = hm_source_read(source, *bytes + *n, room - *n, &n_read, error);
        if (status == HM_OK && *n + n_read > most)
            status = hm_fail(error, HM_ERROR_FORMAT, "%s: larger than the %zu bytes allowed here", source->path, most);
        if (status == HM_OK && n_read == 0)
            break;
    }
    if (*bytes)
        (*bytes)[*n] = 0;
    return *bytes ? status : HM_ERROR_MEMORY;
}

hm_status hm_belief_read_text(const hm_context *context, const char *path, size_t most, const char *what, char **text, hm_error *error)
{
    hm_source source;
    size_t n = 0;
    *text = NULL;
    hm_status status = hm_source_open(context, path, &source, error);
    if (status != HM_OK)
        return status;
    status = read_source(&source, most, text, &n, error);
    hm_source_close(&source);
    if (status == HM_OK && memchr(*text, 0, n))
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: this is no text, and %s", path, what);
    if (status == HM_OK) {
        hm_text_drop_mark(*text, n);
    } else {
        hm_free(context, *text);
        *text = NULL;
    }
    return status;
}

/* The first word that is no comment. */
static bool is_bif(const char *text)
{
    static const char *const begins[] = {"network", "variable", "probability", "/*"};
    for (;;) {
        text += strspn(text, " \t\r\n");
        if (text[0] == '#' || (text[0] == '/' && text[1] == '/'))
            text += strcspn(text, "\n");
        else
            break;
    }
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (strncmp(text, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

static hm_status read_net(const hm_context *context, const char *path, const char *text, hm_belief **net, hm_error *error)
{
    hm_draft_list drafts = {.context = context};
    hm_status status = (is_bif(text) ? hm_read_bif : hm_read_net_text)(path, text, &drafts, error);
    if (status == HM_OK)
        status = hm_belief_build(path, &drafts, net, error);
    hm_draft_list_clear(&drafts);
    return status;
}

hm_status hm_belief_parse(const hm_context *context, const char *path, const char *text, size_t n, hm_belief **net,
                          hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net));
    *net = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path, text));
    if (n && memchr(text, 0, n))
        return hm_fail(error, HM_ERROR_FORMAT, "%s: this is no text, and no belief net", path);
    char *copy = hm_alloc(context, n + 1, 1, error);
    if (!copy)
        return HM_ERROR_MEMORY;
    if (n)
        memcpy(copy, text, n);
    hm_text_drop_mark(copy, n);
    hm_status status = read_net(context, path, copy, net, error);
    hm_free(context, copy);
    return status;
}

hm_status hm_belief_load(const hm_context *context, const char *path, hm_belief **net, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net));
    *net = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path));
    char *text;
    hm_status status = hm_belief_read_text(context, path, BYTES_MAX, "no belief net", &text, error);
    if (status != HM_OK)
        return status;
    status = read_net(context, path, text, net, error);
    hm_free(context, text);
    return status;
}
