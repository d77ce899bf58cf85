/* Belief nets, in either format: what is accepted must be a net on which every node has a probability, and small ones can be
 * asked. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <harmonium/harmonium.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define EXPECT(condition) ((condition) ? (void)0 : abort())

static void ask(const hm_belief *net)
{
    int8_t observed[8];
    hm_belief_config config;
    hm_posterior posterior;
    hm_error error;
    memset(observed, -1, sizeof observed);
    hm_options_init(&hm_belief_options, &config);
    if (hm_belief_infer(net, observed, &config, &posterior, &error) != HM_OK)
        return;
    for (size_t i = 0; i < posterior.n; i++)
        EXPECT(posterior.marginal[i].p >= -1e-12 && posterior.marginal[i].p <= 1 + 1e-12);
    EXPECT(fabs(posterior.log_evidence) < 1e-9); /* nothing was observed */
    hm_posterior_clear(net, &posterior);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    hm_context *context;
    hm_belief *net;
    hm_error error = {0};
    EXPECT(hm_context_create(&(hm_context_config){.n_threads = 1}, &context, NULL) == HM_OK);
    hm_status status = hm_belief_parse(context, "net", (const char *)bytes, n, &net, &error);
    EXPECT(status == HM_OK || error.message[0] != 0);
    if (status == HM_OK) {
        uint8_t *state = calloc(hm_belief_n_nodes(net), 1);
        EXPECT(state != NULL);
        for (size_t i = 0; i < hm_belief_n_nodes(net); i++) {
            double p = hm_belief_probability(net, i, state);
            EXPECT(p >= 0 && p <= 1);
        }
        free(state);
        if (hm_belief_n_nodes(net) <= 8)
            ask(net);
    }
    hm_belief_destroy(net);
    hm_context_destroy(context);
    return 0;
}
