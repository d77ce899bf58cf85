/* Learns 20 features of the digit 2 from the bundled digits and saves the model. */
#include <stdio.h>

#include <harmonium/harmonium.h>

/* Each step is taken only when all before it went well; `error` keeps the first fault. */
#define STEP(call) (status = status == HM_OK ? (call) : status)

int main(int argc, char **argv)
{
    hm_error error = {0};
    hm_context *context = NULL;
    hm_dataset *train = NULL;
    hm_model *model = NULL;
    hm_data_config data;
    hm_train_config learn;
    hm_layer visible = hm_layer_of(HM_UNIT_BERNOULLI, 28 * 28, 1), hidden = hm_layer_of(HM_UNIT_BERNOULLI, 20, 1);
    hm_status status = HM_OK;

    hm_options_init(&hm_data_options, &data);
    hm_options_init(&hm_train_options, &learn);
    STEP(hm_options_set(&hm_data_options, &data, "data", "digits", &error));
    STEP(hm_options_set(&hm_data_options, &data, "classes", "2", &error));
    STEP(hm_context_create(NULL, &context, &error));
    STEP(hm_dataset_open(context, &data, &train, NULL, &error));
    STEP(hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, &error));
    STEP(hm_train(model, train, NULL, &learn, NULL, &error));
    STEP(hm_model_save(model, argc > 1 ? argv[1] : "two.safetensors", &error));
    if (status != HM_OK)
        fprintf(stderr, "%s\n", error.message);

    hm_model_destroy(model);
    hm_dataset_close(train);
    hm_context_destroy(context);
    return status != HM_OK;
}
