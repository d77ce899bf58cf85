/* harmonium classify: labels by one RBM per class and offsets; the error rate when the data has labels. */
#include "base/alloc.h"
#include "cli/verbs.h"

static size_t likeliest(const double *probability, size_t n)
{
    size_t best = 0;
    for (size_t c = 1; c < n; c++)
        best = probability[c] > probability[best] ? c : best;
    return best;
}

static void print_labels(const cli_call *call, const cli_material *m, const double *probability)
{
    size_t C = m->model->n_rbms, n_wrong = 0;
    for (size_t i = 0; i < m->n; i++) {
        size_t best = likeliest(probability + i * C, C);
        int32_t label = hm_dataset_label(m->set, i);
        n_wrong += label >= 0 && label != (int32_t)best;
        printf("%zu %.6f\n", best, probability[i * C + best]);
    }
    if (hm_dataset_n_classes(m->set))
        cli_say(call, "errors: %zu of %zu (%.2f %%)", n_wrong, m->n, 100.0 * (double)n_wrong / (double)m->n);
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    hm_status status = cli_load_material(call, (size_t)call->options.output.number, &m, error);
    if (status != HM_OK)
        return status;
    double *probability = hm_alloc(call->context, m.n * m.model->n_rbms, sizeof *probability, error);
    status = probability ? hm_class_probabilities(m.model, hm_matrix_f32(m.cases, m.n, m.V), probability, error)
                         : HM_ERROR_MEMORY;
    if (status == HM_OK)
        print_labels(call, &m, probability);
    hm_free(call->context, probability);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_classify = {
    "classify", "Name the class of each case, and count the errors", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL}, "number",
    "harmonium classify classes.safetensors usps --part test", run,
};
