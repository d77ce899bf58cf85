/* Belief nets from files: what they are is told by how they begin. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "belief/net.h"

enum { BYTES_MAX = 64 << 20 };

/* The first word that is no comment. */
static bool is_bif(const char *text)
{
    for (;;) {
        text += strspn(text, " \t\r\n");
        if (text[0] == '#' || (text[0] == '/' && text[1] == '/'))
            text += strcspn(text, "\n");
        else
            break;
    }
    return strncmp(text, "network", 7) == 0 || strncmp(text, "variable", 8) == 0 || strncmp(text, "/*", 2) == 0;
}

/* text[n] is a zero. */
static hm_status read_text(const hm_context *context, const char *path, const char *text, size_t n, hm_belief **net, hm_error *error)
{
    hm_draft_list drafts = {.context = context};
    if (memchr(text, 0, n))
        return hm_fail(error, HM_ERROR_FORMAT, "%s: this is no text, and no belief net", path);
    hm_status status = (is_bif(text) ? hm_read_bif : hm_read_net_text)(path, text, &drafts, error);
    if (status == HM_OK)
        status = hm_belief_build(path, &drafts, net, error);
    hm_draft_list_clear(&drafts);
    return status;
}

hm_status hm_belief_parse(const hm_context *context, const char *path, const char *text, size_t n, hm_belief **net,
                          hm_error *error)
{
    *net = NULL;
    char *copy = hm_alloc(context, n + 1, 1, error);
    if (!copy)
        return HM_ERROR_MEMORY;
    memcpy(copy, text, n);
    hm_status status = read_text(context, path, copy, n, net, error);
    hm_free(context, copy);
    return status;
}

hm_status hm_belief_load(const hm_context *context, const char *path, hm_belief **net, hm_error *error)
{
    unsigned char *bytes;
    size_t n;
    *net = NULL;
    hm_status status = hm_file_load(context, path, BYTES_MAX, &bytes, &n, error);
    if (status != HM_OK)
        return status;
    status = read_text(context, path, (const char *)bytes, n, net, error);
    hm_free(context, bytes);
    return status;
}
