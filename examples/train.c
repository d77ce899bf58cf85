/* Learns 20 features of the digit 2 from the bundled digits and saves the model. */
#include <stdio.h>

#include <harmonium/harmonium.h>

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "two.safetensors";
    hm_error error = {0};
    hm_context *context = NULL;
    hm_dataset *train = NULL;
    hm_model *model = NULL;
    hm_data_config data;
    hm_train_config learn;
    hm_layer visible, hidden;

    hm_options_init(&hm_data_options, &data);
    hm_options_init(&hm_train_options, &learn);
    hm_status status = hm_options_set(&hm_data_options, &data, "data", "digits", &error);
    if (status == HM_OK)
        status = hm_options_set(&hm_data_options, &data, "classes", "2", &error);
    if (status == HM_OK)
        status = hm_context_create(NULL, &context, &error);
    if (status == HM_OK)
        status = hm_dataset_open(context, &data, &train, NULL, &error);
    if (status == HM_OK) {
        visible = hm_layer_of(HM_UNIT_BERNOULLI, hm_dataset_n_features(train), 1);
        hidden = hm_layer_of(HM_UNIT_BERNOULLI, 20, 1);
        status = hm_model_create(context, HM_MODEL_RBM, 1, &visible, &hidden, &model, &error);
    }
    if (status == HM_OK)
        status = hm_train(model, train, NULL, &learn, NULL, &error);
    if (status == HM_OK)
        status = hm_model_save(model, path, &error);
    puts(status == HM_OK ? path : error.message);
    hm_model_destroy(model);
    hm_dataset_close(train);
    hm_context_destroy(context);
    return status != HM_OK;
}
