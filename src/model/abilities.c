/* What models can do, asked in one place. */
#include <harmonium/model.h>

#include <assert.h>

#include "base/check.h"
#include "base/fail.h"

static bool is_energy_based(const hm_model *model)
{
    return model->kind != HM_MODEL_NET;
}

static bool is_autoencoder(const hm_model *model)
{
    return model->kind == HM_MODEL_NET && !model->n_labels &&
           hm_model_layer_size(model, model->n_rbms) == hm_model_n_features(model);
}

static bool can_reconstruct(const hm_model *model)
{
    return is_energy_based(model) || is_autoencoder(model);
}

/* Of the data alone: a level of a stack has one of its own layers only. */
static bool has_free_energy(const hm_model *model)
{
    return !hm_model_is_stack(model);
}

static bool has_classes(const hm_model *model)
{
    return hm_model_n_classes(model) > 0;
}

static bool has_layers(const hm_model *model)
{
    return model->kind != HM_MODEL_CLASSES;
}

static bool has_labels(const hm_model *model)
{
    return model->kind == HM_MODEL_DBN && model->n_labels > 0;
}

/* The order is that of hm_ability. */
static const struct {
    bool (*is_there)(const hm_model *model);
    const char *refusal; /* why not, and which stage or model would have it */
} abilities[] = {
    [HM_ABILITY_SAMPLE] = {is_energy_based, "a feed-forward net has no distribution and generates nothing; take the deep "
                                            "belief net it was made of"},
    [HM_ABILITY_RECONSTRUCT] = {can_reconstruct, "this net classifies; only an autoencoder reconstructs (a [backprop] stage with "
                                                 "target = data)"},
    [HM_ABILITY_FREE_ENERGY] = {has_free_energy, "a stack of layers has no free energy of the data; score an RBM or a class "
                                                 "model"},
    [HM_ABILITY_CLASSES] = {has_classes, "this model has no classes; train one on labelled data with --kind classes, dbn or "
                                         "net, or give a deep belief net a [backprop] stage"},
    [HM_ABILITY_LAYERS] = {has_layers, "a class model has no layers above one another but one hidden layer for each class; "
                                       "take an RBM, a deep belief net or a feed-forward net"},
    [HM_ABILITY_LABELS] = {has_labels, "this model has no label units to hold; train one with --kind dbn and --label-units"},
    [HM_ABILITY_LEARN_ENERGY] = {is_energy_based, "a feed-forward net has no energy to learn by; give it a [backprop] stage, "
                                                  "or train a deep belief net and unroll it"},
};

bool hm_model_can(const hm_model *model, hm_ability ability)
{
    assert((unsigned)ability < sizeof abilities / sizeof *abilities);
    return abilities[ability].is_there(model);
}

hm_status hm_model_require(const hm_model *model, hm_ability ability, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, model));
    HM_REQUIRE(hm_check_number("ability", (int)ability, HM_ABILITY_SAMPLE, HM_ABILITY_LEARN_ENERGY, error));
    return hm_model_can(model, ability) ? HM_OK : hm_fail(error, HM_ERROR_MISMATCH, "%s", abilities[ability].refusal);
}
