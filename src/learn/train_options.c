/* The options of learning; defaults are Hinton's (2010) where he gives one. */
#include <harmonium/train.h>

#include <math.h>

#define ROW(name, type, field, initial, least, most, unit, choices, help)                                     \
    {name, 0, HM_OPTION_##type, offsetof(hm_train_config, field), initial, least, most, unit, choices, help}

static const hm_option rows[] = {
    ROW("epochs", INT, epochs, "10", 0, 1e9, "N", NULL, "passes over the training data"),
    ROW("batch-size", INT, batch_size, "100", 1, 1e6, "N", NULL, "cases in a mini-batch"),
    ROW("steps", SCHEDULE, steps, "1", 1, 1000, "K", NULL, "Gibbs steps k of contrastive divergence"),
    ROW("learning-rate", SCHEDULE, learning_rate, "0.1", 0, 1e6, "RATE", NULL,
        "size of a step; ten times smaller for Gaussian visible units"),
    ROW("momentum", SCHEDULE, momentum, "0.5, 0.9@5", 0, 0.9999, "M", NULL,
        "share of the last step that is added to the next"),
    ROW("weight-cost", REAL, weight_cost, "0.0002", 0, 1e3, "COST", NULL,
        "L2: pulls weights, never biases, towards zero"),
    ROW("l1-cost", REAL, l1_cost, "0", 0, 1e3, "COST", NULL, "L1: the same with a constant force"),
    ROW("sparsity-target", REAL, sparsity_target, "0", 0, 1, "P", NULL,
        "wanted mean activity of a hidden unit, 0.01 to 0.1; 0 asks for none"),
    ROW("sparsity-cost", REAL, sparsity_cost, "0.1", 0, 1e3, "COST", NULL,
        "strength of the pull towards the sparsity target"),
    ROW("sparsity-decay", REAL, sparsity_decay, "0.95", 0, 0.9999, "D", NULL,
        "memory of the running mean activity"),
    ROW("weight-deviation", REAL, weight_deviation, "0.01", 0, 100, "SD", NULL,
        "standard deviation of the initial weights"),
    ROW("hidden-bias", REAL, hidden_bias, "0", -100, 100, "B", NULL,
        "initial hidden bias; -4 begins sparse"),
    ROW("visible-states", CHOICE, visible_states, "probabilities", 0, 0, "WHICH", "probabilities|samples",
        "what a reconstruction shows to the hidden units"),
    ROW("hidden-states", CHOICE, hidden_states, "probabilities", 0, 0, "WHICH", "probabilities|samples",
        "what the positive statistics are made of"),
    ROW("monitor-cases", INT, monitor_cases, "1000", 1, 1e6, "N", NULL,
        "cases of each set behind free energies and activities"),
    ROW("checkpoint-epochs", INT, checkpoint_epochs, "0", 0, 1e9, "N", NULL,
        "epochs between checkpoints; 0 leaves it to the clock"),
    ROW("checkpoint-minutes", REAL, checkpoint_minutes, "1", 0, 1e6, "MIN", NULL,
        "minutes between checkpoints; 0 leaves it to the epochs"),
};

const hm_option_table hm_train_options = {"learn", "Learning", rows, sizeof rows / sizeof *rows};
