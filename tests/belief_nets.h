/* What tests of belief nets share: a context of one seed, and nets from their texts. */
#ifndef HM_TESTS_BELIEF_NETS_H
#define HM_TESTS_BELIEF_NETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>

static hm_context *context;

static inline int set_up(void **state)
{
    (void)state;
    return hm_context_create(&(hm_context_config){.seed = 9, .n_threads = 2}, &context, NULL) != HM_OK;
}

static inline int tear_down(void **state)
{
    (void)state;
    hm_context_destroy(context);
    return 0;
}

static inline hm_belief *parse(const char *text)
{
    hm_belief *net;
    hm_error error = {0};
    if (hm_belief_parse(context, "test.net", text, strlen(text), &net, &error) != HM_OK)
        fail_msg("%s\nof: %s", error.message, text);
    return net;
}

#endif
