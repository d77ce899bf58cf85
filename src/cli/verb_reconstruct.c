/* harmonium reconstruct: data beside what the model makes of it through binary features. */
#include "base/alloc.h"
#include "cli/cli_pictures.h"
#include "cli/verbs.h"

enum { DRAWN_MAX = 12 };

static double mean_squared_error(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum / (double)n;
}

static hm_status draw(const cli_call *call, const cli_material *m, float *out, hm_error *error)
{
    size_t n = m->n < DRAWN_MAX ? m->n : DRAWN_MAX;
    const hm_matrix bands[] = {hm_matrix_f32(m->cases, n, m->V), hm_matrix_f32(out, n, m->V)};
    const char *const names[] = {"data", "reconstruction"};
    hm_image *image;
    hm_status status = hm_image_bands(call->context, bands, names, 2, m->model->height, m->model->width,
                                      &(hm_grid){0}, &image, error);
    return status == HM_OK ? cli_give_image(call, image, "reconstructions.png", error) : status;
}

static hm_status run(cli_call *call, hm_error *error)
{
    cli_material m;
    const cli_output *output = &call->options.output;
    hm_status status = cli_load_material(call, (size_t)output->number, &m, error);
    if (status != HM_OK)
        return status;
    size_t machine = (size_t)output->machine < m.model->n_rbms ? (size_t)output->machine : 0;
    size_t n_steps = output->steps ? (size_t)output->steps : 1;
    float *out = hm_alloc(call->context, m.n * m.V, sizeof *out, error);
    status = out ? hm_reconstruct(m.model, machine, hm_matrix_f32(m.cases, m.n, m.V), n_steps,
                                  hm_matrix_f32(out, m.n, m.V), error)
                 : HM_ERROR_MEMORY;
    if (status == HM_OK)
        printf("mean squared error over %zu cases: %.6f\n", m.n, mean_squared_error(m.cases, out, m.n * m.V));
    if (status == HM_OK && m.model->height)
        status = draw(call, &m, out, error);
    hm_free(call->context, out);
    cli_free_material(&m);
    return status;
}

const cli_verb cli_verb_reconstruct = {
    "reconstruct", "Draw data beside its reconstructions, and measure them", "MODEL [DATA]", 1, 2,
    {&hm_data_options, &cli_output_options, &cli_common_options, NULL}, "output number gibbs-steps machine terminal",
    "harmonium reconstruct two.safetensors usps --part test --classes 3", run,
};
