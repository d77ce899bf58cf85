/* The options of learning; defaults are Hinton's (2010) where he gives one. */
#include <harmonium/train.h>

#include <math.h>

#define ROW(name, type, field, initial, least, most, unit, choices, help)                                     \
    {name, 0, HM_OPTION_##type, offsetof(hm_train_config, field), initial, least, most, unit, choices, help}

static const hm_option rows[] = {
    ROW("epochs", INT, epochs, "10", 0, 1e9, "N", NULL,
        "passes over the training data; where the program is not told, of small data as many as make 1,000 updates"),
    ROW("batch-size", INT, batch_size, "100", 1, 1e6, "N", NULL, "cases in a mini-batch"),
    ROW("shards", INT, shards, "0", 0, 256, "N", NULL,
        "parts that a mini-batch is cut into, for ranks to share; results depend on them, not on how many ranks there are; 0: 1, or "
        "under mpirun 4, 8, ... as ranks need"),
    ROW("aim", CHOICE, aim, "features", 0, 0, "WHAT", "features|generative",
        "what the defaults suit: features (one Gibbs step, reconstructions as probabilities: fast, good for recognition), or "
        "a generative model (sampled reconstructions, steps that grow from 1 to 10, a rate that falls to a tenth: about four "
        "times slower, and far better samples and likelihoods)"),
    ROW("steps", SCHEDULE, steps, "0", 0, 1000, "K", NULL, "Gibbs steps k of contrastive divergence; 0 goes by the aim"),
    ROW("learner", CHOICE, learner, "cd", 0, 0, "WHICH", "cd|pcd|fast-pcd|tempering|trajectory|mean-field|exact",
        "where states of the model come from: k Gibbs steps from the data (contrastive divergence), or from where they ended "
        "before (persistent chains), those driven by fast weights, chains at several temperatures that swap, or at snapshots "
        "of the machine's own learning, steps of probabilities alone, or the sum over all states (small machines)"),
    ROW("chains", INT, chains, "0", 0, 1e6, "N", NULL, "persistent chains; 0 takes as many as a mini-batch has cases"),
    ROW("temperatures", INT, temperatures, "10", 2, 1000, "N", NULL, "of tempering, from the model's to one where all mixes"),
    ROW("snapshots", INT, snapshots, "50", 2, 1000, "N", NULL,
        "of the machine on its way that trajectory tempering keeps at most; too few show in rare swaps"),
    ROW("fast-rate", REAL, fast_rate, "0", 0, 1e6, "RATE", NULL,
        "of fast-pcd's fast weights; 0 takes the learning rate of the beginning"),
    ROW("centering", CHOICE, centering, "none", 0, 0, "HOW", "none|data|enhanced",
        "subtract offsets from the states that are learned from: running means of the data (Melchior et al. 2016), or the "
        "batch's mean of data and model (the enhanced gradient of Cho et al. 2011)"),
    ROW("optimizer", CHOICE, optimizer, "sgd", 0, 0, "HOW", "sgd|adam",
        "steps along the gradient, or ones that adapt to each weight (Kingma and Ba 2015)"),
    ROW("learning-rate", SCHEDULE, learning_rate, "0", 0, 1e6, "RATE", NULL,
        "size of a step; 0 takes 0.1, or 50 / hidden units if that is less, a tenth of it for Gaussian visible units, and 0.001 with adam"
        "; it falls to a tenth by the end for a generative aim"),
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
    ROW("sparsity-on", CHOICE, sparsity_on, "auto", 0, 0, "WHAT", "auto|biases|weights",
        "what the pull towards the sparsity target moves: hidden biases alone, or weights too; auto: biases alone where all places "
        "share filters"),
    ROW("begin-anew", FLAG, begin_anew, "no", 0, 0, NULL, NULL,
        "forget the parameters of a model that has some, as one of --from, and begin as a fresh one does"),
    ROW("initial-weights", CHOICE, initial_weights, "random", 0, 0, "WHICH", "random|transposed",
        "of a level above the first one: small and random, or those of the level below turned over, with which the bound of "
        "a deep belief net begins where the level below has ended"),
    ROW("weight-deviation", REAL, weight_deviation, "0.01", 0, 100, "SD", NULL,
        "standard deviation of the initial weights"),
    ROW("hidden-bias", REAL, hidden_bias, "0", -100, 100, "B", NULL,
        "initial hidden bias; -4 begins sparse"),
    ROW("visible-deviation", SCHEDULE, visible_deviation, "1", 0.01, 100, "SD", NULL,
        "of Gaussian visible units while they learn, which begins large and ends in 1, as in \"2, ~1@10\": coarse features first"),
    ROW("visible-states", CHOICE, visible_states, "auto", 0, 0, "WHICH", "probabilities|samples|auto",
        "what a reconstruction shows to the hidden units; auto goes by the aim"),
    ROW("hidden-states", CHOICE, hidden_states, "probabilities", 0, 0, "WHICH", "probabilities|samples",
        "what the positive statistics are made of"),
    ROW("feed", CHOICE, feed, "probabilities", 0, 0, "WHICH", "probabilities|samples",
        "what a level of a stack gives the level above to learn from"),
    ROW("feed-memory", INT, feed_memory, "1024", 0, 1e6, "MB", NULL,
        "features of one level that may be kept; more are computed batch by batch"),
    ROW("monitor-cases", INT, monitor_cases, "1000", 1, 1e6, "N", NULL,
        "cases of each set behind free energies and activities"),
};

#define UP_DOWN(name, type, field, initial, least, most, unit, help)                                          \
    {name, 0, HM_OPTION_##type, offsetof(hm_up_down_config, field), initial, least, most, unit, NULL, help}
/* What up-down and wake-sleep end with alike. */
#define COMMON_ROWS                                                                                            \
    UP_DOWN("momentum", SCHEDULE, momentum, "0", 0, 0.9999, "M", "share of the last step that is added to the next"), \
        UP_DOWN("weight-cost", REAL, weight_cost, "0", 0, 1e3, "COST", "L2: pulls weights, never biases, towards zero"), \
        UP_DOWN("rate-factors", TEXT, rate_factors, "", 0, 0, "LIST",                                          \
                "of the learning rate at each level from the data up, as in \"1 1 0.5\"; 1 if not said"),      \
        UP_DOWN("cost-factors", TEXT, cost_factors, "", 0, 0, "LIST", "of the weight cost, likewise")

static const hm_option up_down_rows[] = {
    UP_DOWN("epochs", INT, epochs, "0", 0, 1e9, "N", "passes of up-down learning over the training data; 0: none"),
    UP_DOWN("batch-size", INT, batch_size, "100", 1, 1e6, "N", "cases in a mini-batch"),
    UP_DOWN("steps", SCHEDULE, steps, "3, 6@100, 10@200", 1, 400, "K", "Gibbs steps in the top RBM"),
    UP_DOWN("learning-rate", SCHEDULE, learning_rate, "0.05, ~0.005@100", 0, 1e6, "RATE", "size of a step"),
    COMMON_ROWS,
};

static const hm_option wake_sleep_rows[] = {
    UP_DOWN("epochs", INT, epochs, "0", 0, 1e9, "N", "passes of wake-sleep learning over the training data; 0: none"),
    UP_DOWN("batch-size", INT, batch_size, "100", 1, 1e6, "N", "cases in a mini-batch"),
    UP_DOWN("learning-rate", SCHEDULE, learning_rate, "0.1, ~0.01@100", 0, 1e6, "RATE", "size of a step"),
    COMMON_ROWS,
};

#define BACKPROP(name, type, field, initial, least, most, unit, choices, help)                                \
    {name, 0, HM_OPTION_##type, offsetof(hm_backprop_config, field), initial, least, most, unit, choices, help}

static const hm_option backprop_rows[] = {
    BACKPROP("epochs", INT, epochs, "0", 0, 1e9, "N", NULL, "passes of fine-tuning over the training data; 0: none"),
    BACKPROP("batch-size", INT, batch_size, "100", 1, 1e9, "N", NULL, "cases in a mini-batch; thousands for lbfgs"),
    BACKPROP("shards", INT, shards, "0", 0, 256, "N", NULL,
             "parts that a mini-batch is cut into, for ranks to share; 0: 1, or under mpirun 4, 8, ... as ranks need"),
    BACKPROP("method", CHOICE, method, "sgd", 0, 0, "HOW", "sgd|lbfgs|adam",
             "gradient steps; L-BFGS on large batches; or Adam, steps that adapt to each weight (a rate of 0.001 is usual)"),
    BACKPROP("target", CHOICE, target, "labels", 0, 0, "WHAT", "labels|data",
             "what the outputs are to be: the label, or the data themselves (an autoencoder)"),
    BACKPROP("learning-rate", SCHEDULE, learning_rate, "0.1, ~0.001@50", 0, 1e6, "RATE", NULL, "size of a step"),
    BACKPROP("momentum", SCHEDULE, momentum, "0.5, 0.9@2", 0, 0.9999, "M", NULL,
             "share of the last step that is added to the next"),
    BACKPROP("weight-cost", REAL, weight_cost, "0", 0, 1e3, "COST", NULL,
             "L2: pulls weights, never biases, towards zero"),
    BACKPROP("dropout", REAL, dropout, "0", 0, 0.95, "P", NULL, "share of hidden units left out of each case"),
    BACKPROP("input-dropout", REAL, input_dropout, "0", 0, 0.95, "P", NULL, "share of inputs left out of each case"),
    BACKPROP("max-norm", REAL, max_norm, "0", 0, 1e6, "L", NULL,
             "largest length of the weights into one hidden unit; 0: no limit"),
    BACKPROP("weight-deviation", REAL, weight_deviation, "0", 0, 100, "SD", NULL,
             "standard deviation of fresh weights; 0: by the number of inputs"),
    BACKPROP("halving", REAL, halving, "0", 0, 0.99, "SHARE", NULL,
             "halve the learning rate after every epoch that lowers the validation error by less than this share of it; 0: never"),
    BACKPROP("top-epochs", INT, top_epochs, "0", 0, 1e9, "N", NULL, "first epochs that change the last level alone"),
    BACKPROP("iterations", INT, iterations, "3", 1, 1000, "N", NULL, "of lbfgs on each batch"),
    BACKPROP("patience", INT, patience, "0", 0, 1e9, "N", NULL,
             "stop after so many epochs without a better validation error; 0: never"),
    BACKPROP("keep-best", FLAG, keep_best, "no", 0, 0, NULL, NULL,
             "end with the weights of the best validation error"),
};

#define TABLE(section, title, rows) {section, title, rows, sizeof rows / sizeof *rows, true}
const hm_option_table hm_train_options = {"greedy", "Learning: a machine, or the levels of a stack one by one", rows, sizeof rows / sizeof *rows, false};
const hm_option_table hm_up_down_options = TABLE("up-down", "Up-down learning of a deep belief net", up_down_rows);
const hm_option_table hm_wake_sleep_options = TABLE("wake-sleep", "Wake-sleep learning of a sigmoid belief net", wake_sleep_rows);
const hm_option_table hm_backprop_options = TABLE("backprop", "Backpropagation", backprop_rows);
