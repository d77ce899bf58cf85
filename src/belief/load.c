/* Belief nets from files: what they are is told by how they begin. */
#define _POSIX_C_SOURCE 200809L /* fdopen */
#include <stdio.h>
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

hm_status hm_belief_parse(const hm_context *context, const char *path, const char *text, size_t n, hm_belief **net,
                          hm_error *error)
{
    *net = NULL;
    if (memchr(text, 0, n))
        return hm_fail(error, HM_ERROR_FORMAT, "%s: this is no text, and no belief net", path);
    char *copy = hm_alloc(context, n + 1, 1, error);
    if (!copy)
        return HM_ERROR_MEMORY;
    memcpy(copy, text, n);
    hm_status status = (is_bif(copy) ? hm_read_bif : hm_read_net_text)(context, path, copy, net, error);
    hm_free(context, copy);
    return status;
}

hm_status hm_belief_load(const hm_context *context, const char *path, hm_belief **net, hm_error *error)
{
    int descriptor;
    uint64_t size;
    *net = NULL;
    hm_status status = hm_file_open(path, "read", &descriptor, &size, error);
    if (status != HM_OK)
        return status;
    FILE *file = fdopen(descriptor, "r");
    char *text = size <= BYTES_MAX ? hm_alloc(context, size + 1, 1, error) : NULL;
    if (!text)
        status = size <= BYTES_MAX ? HM_ERROR_MEMORY : hm_fail(error, HM_ERROR_FORMAT, "%s: too large for a belief net", path);
    else if (fread(text, 1, size, file) != size)
        status = hm_fail_io(error, "read", path);
    fclose(file);
    if (status == HM_OK)
        status = hm_belief_parse(context, path, text, size, net, error);
    hm_free(context, text);
    return status;
}
