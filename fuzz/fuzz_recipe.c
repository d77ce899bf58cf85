/* Recipe files: whatever is read into the options must be told again by their echo, and read back to the same. */
#define _GNU_SOURCE /* fmemopen */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define EXPECT(condition) ((condition) ? (void)0 : abort())

enum { ECHO_MAX = 1 << 16 };

static hm_status read_recipe(cli_call *call, const void *bytes, size_t n, hm_error *error)
{
    cli_init_options(&call->options);
    FILE *stream = n > 0 ? fmemopen((void *)(uintptr_t)bytes, n, "r") : fopen("/dev/null", "r");
    EXPECT(stream != NULL);
    hm_status status = cli_read_recipe_from(call, stream, "recipe", error);
    fclose(stream);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static cli_call call;
    static char echo[2][ECHO_MAX];
    hm_error error = {0};
    hm_status status = read_recipe(&call, bytes, n, &error);
    EXPECT(status == HM_OK || error.message[0] != 0);
    if (status != HM_OK)
        return 0;
    cli_echo_recipe(&call.options, echo[0], ECHO_MAX);
    if (strchr(echo[0], ';'))
        return 0; /* behind a space it begins a remark, so texts that hold one are not told truly */
    /* A schedule of many points may be longer than a line of a recipe; nothing else may go wrong. */
    status = read_recipe(&call, echo[0], strlen(echo[0]), &error);
    if (status != HM_OK && strstr(error.message, "longer than"))
        return 0;
    EXPECT(status == HM_OK);
    cli_echo_recipe(&call.options, echo[1], ECHO_MAX);
    EXPECT(strcmp(echo[0], echo[1]) == 0);
    return 0;
}
