/* The table of methods of inference, and the choice among them. */
#include <math.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/log.h"
#include "belief/net.h"

enum { ENUMERATED_MAX = 16, ELIMINATED_WIDTH_MAX = 18 }; /* what auto finds quick enough */

#define ROW(name, type, field, initial, least, most, unit, choices, help) \
    {name, 0, HM_OPTION_##type, offsetof(hm_belief_config, field), initial, least, most, unit, choices, help}

static const hm_option rows[] = {
    ROW("method", CHOICE, method, "auto", 0, 0, "HOW", "auto|enumeration|elimination|gibbs|weighting",
        "all states one by one; variables summed out one by one; Gibbs chains; samples weighted by the likelihood of what was "
        "observed; auto takes the first that is quick"),
    ROW("samples", INT, samples, "20000", 1, 1e12, "N", NULL, "of weighting, and sweeps of each Gibbs chain"),
    ROW("chains", INT, chains, "4", 1, 1e6, "N", NULL, "of Gibbs sampling"),
};
const hm_option_table hm_belief_options = {"belief", "Inference", rows, sizeof rows / sizeof *rows, false};

const char *hm_belief_method_name(int method)
{
    static const char *const names[] = {"auto", "enumeration", "elimination", "gibbs", "weighting"};
    return names[method];
}

static hm_status choose(const hm_belief *net, const int8_t *observed, int *method, hm_error *error)
{
    size_t n_free = 0, width = 0;
    for (size_t i = 0; i < net->n; i++)
        n_free += observed[i] < 0;
    *method = HM_INFER_ENUMERATION;
    if (n_free <= ENUMERATED_MAX)
        return HM_OK;
    hm_error unused;
    hm_status status = hm_elimination_width(net, observed, &width, &unused);
    bool is_narrow = status == HM_OK && width <= ELIMINATED_WIDTH_MAX;
    *method = is_narrow                      ? HM_INFER_ELIMINATION
              : hm_belief_has_certainty(net) ? HM_INFER_WEIGHTING
                                             : HM_INFER_GIBBS;
    return status == HM_ERROR_MEMORY ? hm_fail(error, HM_ERROR_MEMORY, "%s", unused.message) : HM_OK;
}

hm_status hm_belief_infer(const hm_belief *net, const int8_t *observed, const hm_belief_config *config, hm_posterior *posterior,
                          hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, net, observed, config, posterior));
    HM_REQUIRE(hm_check_states("observed", observed, net->n, -1, error));
    HM_REQUIRE(hm_options_check(&hm_belief_options, config, error));
    *posterior = (hm_posterior){.method = config->method, .effective_size = NAN, .n = net->n};
    hm_status status = HM_OK;
    if (config->method == HM_INFER_AUTO)
        status = choose(net, observed, &posterior->method, error);
    if (status == HM_OK && !(posterior->marginal = hm_alloc(net->context, net->n, sizeof *posterior->marginal, error)))
        status = HM_ERROR_MEMORY;
    if (posterior->method == HM_INFER_GIBBS && hm_belief_has_certainty(net))
        hm_log(net->context, HM_LOG_WARNING,
               "nodes of this net are certain in some states, and Gibbs chains that change one node at a time may never leave where "
               "they are; believe elimination or weighting rather");
    if (status == HM_OK)
        switch (posterior->method) {
        case HM_INFER_ENUMERATION: status = hm_infer_enumeration(net, observed, posterior, error); break;
        case HM_INFER_ELIMINATION: status = hm_infer_elimination(net, observed, posterior, error); break;
        case HM_INFER_GIBBS: status = hm_infer_gibbs(net, observed, config, posterior, error); break;
        default: status = hm_infer_weighting(net, observed, config, posterior, error); break;
        }
    if (status != HM_OK)
        hm_posterior_clear(net, posterior);
    return status;
}

void hm_posterior_clear(const hm_belief *net, hm_posterior *posterior)
{
    hm_free(net->context, posterior->marginal);
    posterior->marginal = NULL;
}
