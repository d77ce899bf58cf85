/* A comparison of runs as JSON. */
#include <stdio.h>

#include "cli/cli_compare.h"
#include "cli/cli_json.h"

static void print_text(const char *name, const char *text)
{
    printf("\"%s\": ", name);
    cli_print_json_text(text);
}

static void print_numbers(const char *name, const double *values, size_t n)
{
    printf(", \"%s\": ", name);
    cli_print_json_numbers(values, n);
}

static const char *text_or_null(const char *text)
{
    return *text ? text : NULL;
}

static void print_run(const cli_run *r)
{
    printf("{");
    print_text("name", r->name);
    printf(", ");
    print_text("model", text_or_null(r->model));
    printf(", ");
    print_text("metrics", text_or_null(r->metrics));
    printf(", ");
    print_text("data", text_or_null(r->fingerprint));
    printf(", \"epochs\": %zu, \"seconds\": ", r->n_epochs);
    cli_print_json_number(cli_run_seconds(r));
    printf("}");
}

static void print_difference(const cli_comparison *c, const cli_difference *d)
{
    char text[CLI_VALUE_MAX];
    printf("{");
    print_text("section", d->section);
    printf(", ");
    print_text("name", d->name);
    printf(", \"values\": [");
    for (size_t i = 0; i < c->n; i++) {
        printf("%s", i ? ", " : "");
        cli_print_json_text(cli_setting_value(&c->run[i], d, text, sizeof text));
    }
    printf("]}");
}

static void print_measure(const cli_comparison *c, const cli_measure *m)
{
    printf("{");
    print_text("stage", m->stage);
    printf(", \"part\": %zu, ", m->part);
    print_text("quantity", m->member);
    print_numbers("last", m->last, c->n);
    print_numbers("best", m->best, c->n);
    print_numbers("best_epoch", m->best_epoch, c->n);
    printf("}");
}

void cli_comparison_print_json(const cli_comparison *c)
{
    printf("{\"runs\": [");
    for (size_t i = 0; i < c->n; i++) {
        printf("%s", i ? ",\n  " : "");
        print_run(&c->run[i]);
    }
    printf("],\n \"same_data\": %s, \"equal_settings\": %zu, \"settings\": [", cli_has_other_data(c) ? "false" : "true", c->n_equal);
    for (size_t k = 0; k < c->n_differences; k++) {
        printf("%s", k ? ",\n  " : "");
        print_difference(c, &c->difference[k]);
    }
    printf("],\n \"results\": [");
    for (size_t k = 0; k < c->n_measures; k++) {
        printf("%s", k ? ",\n  " : "");
        print_measure(c, &c->measure[k]);
    }
    printf("]}\n");
}
