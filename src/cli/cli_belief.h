/* Parts of `harmonium belief`. */
#ifndef HM_CLI_BELIEF_H
#define HM_CLI_BELIEF_H

#include "cli/cli.h"

/* A name of a file as it may be shown to a terminal. */
typedef struct cli_name {
    char text[HM_NODE_NAME_MAX];
} cli_name;

cli_name cli_show_name(const char *name);

/* -n cases to -o cases.csv. */
hm_status cli_sample_net(const cli_call *call, const hm_belief *net, hm_error *error);
/* --learn cases.csv, to -o learned.net. */
hm_status cli_learn_net(cli_call *call, hm_belief *net, hm_error *error);
/* --compare: the exact posterior of up to ten nodes, the product of its marginals, and Gibbs samples. */
hm_status cli_compare_posteriors(const cli_call *call, const hm_belief *net, const int8_t *observed, hm_error *error);

#endif
