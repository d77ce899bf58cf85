/* Checkpoints: runs of every learner, and of up-down and backpropagation, go on from the input or refuse it. */
#include "fuzz_data.h"

#include <harmonium/train.h>

enum { V = 6, N = 8 };

static hm_dataset *cases(void)
{
    static hm_dataset *set;
    static float v[N * V];
    static int32_t labels[N];
    for (size_t i = 0; i < N * V; i++)
        v[i] = (float)(i * 2654435761u >> 13 & 1);
    for (size_t i = 0; i < N; i++)
        labels[i] = (int32_t)(i % 2);
    if (!set)
        EXPECT(hm_dataset_create(fuzz_context(), v, labels, N, V, 0, 0, &set, NULL) == HM_OK);
    return set;
}

static hm_model *stack(hm_model_kind kind, const char *text, size_t n_labels)
{
    hm_layer layers[4];
    hm_model *model;
    size_t n;
    EXPECT(hm_layers_parse(text, V, layers, 4, &n, NULL) == HM_OK);
    hm_status status = kind == HM_MODEL_RBM ? hm_model_create(fuzz_context(), kind, 1, &layers[0], &layers[1], &model, NULL)
                                            : hm_model_create_stack(fuzz_context(), kind, layers, n, n_labels, &model, NULL);
    EXPECT(status == HM_OK);
    return model;
}

/* Run `which`: of a learner, of up-down or of backpropagation. */
static hm_status run(size_t which, const hm_train_events *events, hm_error *error)
{
    hm_train_config greedy;
    hm_up_down_config up_down;
    hm_backprop_config backprop;
    hm_options_init(&hm_train_options, &greedy);
    hm_options_init(&hm_up_down_options, &up_down);
    hm_options_init(&hm_backprop_options, &backprop);
    greedy.epochs = up_down.epochs = backprop.epochs = 2;
    greedy.batch_size = up_down.batch_size = backprop.batch_size = 4;
    greedy.chains = 3;
    greedy.snapshots = 4;
    greedy.temperatures = 3;
    hm_model *model;
    hm_status status;
    if (hm_learner_name((int)which)) {
        greedy.learner = (int)which;
        model = stack(HM_MODEL_RBM, "6 | 3", 0);
        status = hm_train(model, cases(), NULL, &greedy, events, error);
    } else if (hm_learner_name((int)which - 1)) {
        model = stack(HM_MODEL_DBN, "6 | 4 | 3", 2);
        status = hm_train_up_down(model, cases(), NULL, &up_down, events, error);
    } else {
        model = stack(HM_MODEL_NET, "6 | 4 | softmax 2", 2);
        hm_model_init_net(model, 0.5);
        status = hm_train_backprop(model, cases(), NULL, &backprop, events, error);
    }
    hm_model_destroy(model);
    return status;
}

static bool never(void *user)
{
    (void)user;
    return false;
}

/* The first byte says which run; the rest is its checkpoint. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char path[64];
    hm_error error = {0};
    if (n < 1)
        return 0;
    snprintf(path, sizeof path, "/tmp/harmonium-fuzz-%ld.checkpoint", (long)getpid());
    FILE *file = fopen(path, "wb");
    EXPECT(file && fwrite(bytes + 1, 1, n - 1, file) == n - 1);
    fclose(file);
    const hm_train_events events = {.should_stop = never, .checkpoint = path, .resume = true};
    hm_status status = run(bytes[0] % 9, &events, &error);
    EXPECT(status == HM_OK || error.message[0]);
    unlink(path);
    return 0;
}
