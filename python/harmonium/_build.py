"""What the extension module harmonium._native declares, and where it finds the library.

Structs end in `...`, so that the compiler fills in sizes and offsets from the headers. The library is looked for in

1. HARMONIUM_SOURCE_DIR and HARMONIUM_BUILD_DIR: a source tree and the folder it was built in;
2. HARMONIUM_PREFIX: where it was installed;
3. pkg-config harmonium.

libharmonium.a is preferred to the shared library, so that the module needs no LD_LIBRARY_PATH.
"""
import os
import pathlib
import shlex
import subprocess

from cffi import FFI

DECLARATIONS = """
/* ---- status.h */
typedef enum hm_status { HM_OK, HM_ERROR_MEMORY, HM_ERROR_IO, HM_ERROR_FORMAT, HM_ERROR_ARGUMENT, HM_ERROR_MISMATCH,
    HM_ERROR_NUMERIC, HM_ERROR_INTERRUPTED, HM_ERROR_UNSUPPORTED, HM_ERROR_NOT_FOUND, ... } hm_status;
typedef struct hm_error { hm_status status; char message[...]; ...; } hm_error;
const char *hm_version_text(void);

/* ---- context.h */
typedef struct hm_context hm_context;
typedef enum hm_log_level { HM_LOG_ERROR, HM_LOG_WARNING, ... } hm_log_level;
typedef void hm_log_sink(void *user, hm_log_level level, const char *line);
typedef struct hm_context_config { int n_threads; const char *backend; const char *precision; uint64_t seed;
    hm_log_sink *log; void *log_user; ...; } hm_context_config;
hm_status hm_context_create(const hm_context_config *config, hm_context **context, hm_error *error);
void hm_context_destroy(hm_context *context);
uint64_t hm_context_seed(const hm_context *context);
size_t hm_context_describe(const hm_context *context, char *text, size_t size);

/* ---- options.h */
typedef enum hm_option_type { HM_OPTION_FLAG, HM_OPTION_INT, HM_OPTION_REAL, HM_OPTION_TEXT, HM_OPTION_CHOICE,
    HM_OPTION_SCHEDULE, ... } hm_option_type;
typedef struct hm_option { const char *name; hm_option_type type; const char *initial; const char *choices; const char *help; ...;
    } hm_option;
typedef struct hm_option_table { const char *section; const hm_option *rows; size_t n_rows; ...; } hm_option_table;
void hm_options_init(const hm_option_table *table, void *config);
hm_status hm_options_set(const hm_option_table *table, void *config, const char *name, const char *value, hm_error *error);

/* ---- matrix.h */
typedef struct hm_matrix { void *data; size_t rows, cols, stride; ...; } hm_matrix;
hm_matrix hm_matrix_f32(float *data, size_t rows, size_t cols);

/* ---- data.h */
typedef struct hm_dataset hm_dataset;
hm_status hm_dataset_borrow(const hm_context *context, const float *cases, const int32_t *labels, size_t n,
    size_t n_features, size_t height, size_t width, hm_dataset **set, hm_error *error);
hm_status hm_dataset_standardise(hm_dataset *set, const float *shift, const float *spread, hm_error *error);
hm_status hm_dataset_read(const hm_dataset *set, const uint32_t *index, size_t first, size_t n, uint64_t epoch,
    hm_matrix out, hm_error *error);
void hm_dataset_close(hm_dataset *set);

typedef struct hm_data_config { ...; } hm_data_config;
extern const hm_option_table hm_data_options;
hm_status hm_dataset_open(const hm_context *context, const hm_data_config *config, hm_dataset **train, hm_dataset **validation,
    hm_error *error);
size_t hm_dataset_n_cases(const hm_dataset *set);
size_t hm_dataset_n_features(const hm_dataset *set);
size_t hm_dataset_height(const hm_dataset *set);
size_t hm_dataset_width(const hm_dataset *set);
size_t hm_dataset_channels(const hm_dataset *set);
size_t hm_dataset_n_classes(const hm_dataset *set);
int32_t hm_dataset_label(const hm_dataset *set, size_t index);

/* ---- layer.h */
typedef struct hm_layer { int n_groups; size_t n_units, n_maps, height, width; ...; } hm_layer;
hm_status hm_layer_parse(const char *text, size_t n_default, hm_layer *layer, hm_error *error);
hm_status hm_layers_parse(const char *text, size_t n_default, hm_layer *layers, size_t most, size_t *n_layers,
    hm_error *error);
size_t hm_layer_print(const hm_layer *layer, char *text, size_t size);
size_t hm_layer_n_biases(const hm_layer *layer);
hm_layer hm_layer_shown(const hm_layer *layer);

/* ---- rbm.h */
typedef struct hm_rbm hm_rbm;
const hm_layer *hm_rbm_visible(const hm_rbm *rbm);
const hm_layer *hm_rbm_hidden(const hm_rbm *rbm);
const char *hm_rbm_connection(const hm_rbm *rbm);
float *hm_rbm_parameters(hm_rbm *rbm, size_t *n);
#define HM_SLICE_WEIGHTS ...
typedef struct hm_slice { size_t first, n; int n_axes; size_t shape[4]; ...; } hm_slice;
const hm_slice *hm_rbm_slices(const hm_rbm *rbm);
hm_matrix hm_rbm_weights(const hm_rbm *rbm);
float *hm_rbm_visible_bias(const hm_rbm *rbm);
float *hm_rbm_hidden_bias(const hm_rbm *rbm);
typedef struct hm_gibbs { float beta; uint64_t step; uint32_t stream; uint64_t first_case; ...; } hm_gibbs;
void hm_rbm_hidden_given_visible(const hm_rbm *rbm, hm_matrix v, hm_matrix mean, hm_matrix sample, const hm_gibbs *gibbs);
hm_status hm_rbm_free_energy(const hm_rbm *rbm, hm_matrix v, float beta, double *free_energy, hm_error *error);
hm_status hm_rbm_gibbs_chains(const hm_rbm *rbm, hm_matrix v, hm_matrix v_mean, size_t n_steps, const hm_gibbs *gibbs,
    hm_error *error);

/* ---- model.h */
typedef enum hm_model_kind { HM_MODEL_RBM, HM_MODEL_CLASSES, HM_MODEL_DBN, HM_MODEL_NET, ... } hm_model_kind;
typedef struct hm_model { hm_model_kind kind; size_t n_rbms; hm_rbm **rbm; size_t n_labels; float *shift, *spread; char *columns;
    int32_t *class_label; char **class_name; char *history; char *recipe; uint64_t seed; ...; } hm_model;
#define HM_LEVELS_MAX ...
hm_status hm_model_create(const hm_context *context, hm_model_kind kind, size_t n_rbms, const hm_layer *visible,
    const hm_layer *hidden, hm_model **model, hm_error *error);
hm_status hm_model_create_stack(const hm_context *context, hm_model_kind kind, const hm_layer *layers, size_t n_layers,
    size_t n_labels, hm_model **model, hm_error *error);
void hm_model_destroy(hm_model *model);
bool hm_model_is_belief_net(const hm_model *model);
size_t hm_model_n_features(const hm_model *model);
size_t hm_model_n_classes(const hm_model *model);
int32_t hm_model_class_label(const hm_model *model, size_t k);
hm_status hm_model_set_classes(hm_model *model, const int32_t *label, const char *const *name, hm_error *error);
size_t hm_model_layer_size(const hm_model *model, size_t layer);
const hm_layer *hm_model_layer(const hm_model *model, size_t layer);
hm_status hm_model_check_layer(const hm_model *model, size_t layer, hm_error *error);
hm_status hm_model_up_pass(const hm_model *model, size_t n_levels, hm_matrix v, hm_matrix out, hm_error *error);
hm_status hm_model_set_text(hm_model *model, char **field, const char *text, hm_error *error);
hm_status hm_model_save(const hm_model *model, const char *path, hm_error *error);
hm_status hm_model_load(const hm_context *context, const char *path, hm_model **model, hm_error *error);

/* ---- train.h */
typedef struct hm_train_config { int64_t epochs; int64_t batch_size; int64_t chains; ...; } hm_train_config;
typedef struct hm_up_down_config { int64_t epochs; ...; } hm_up_down_config;
extern const hm_option_table hm_train_options;
extern const hm_option_table hm_up_down_options;
extern const hm_option_table hm_wake_sleep_options;
typedef struct hm_backprop_config { int64_t epochs; ...; } hm_backprop_config;
extern const hm_option_table hm_backprop_options;
typedef struct hm_train_report { const char *stage; const char *learner; size_t machine, n_machines, epoch, n_epochs;
    double reconstruction_error, free_energy_train, free_energy_validation, log_likelihood, loss, error_train, error_validation, seconds;
    ...; } hm_train_report;
typedef struct hm_train_progress { ...; } hm_train_progress;
typedef struct hm_train_events { void *user;
    hm_status (*on_epoch)(void *user, const hm_train_report *report, hm_error *error);
    bool (*should_stop)(void *user); const char *checkpoint; size_t stage; bool resume; size_t checkpoint_epochs;
    double checkpoint_minutes; hm_matrix chains; bool takes_any_values; ...; } hm_train_events;
hm_status hm_train(hm_model *model, const hm_dataset *train, const hm_dataset *validation, const hm_train_config *config,
    const hm_train_events *events, hm_error *error);
hm_status hm_train_up_down(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
    const hm_up_down_config *config, const hm_train_events *events, hm_error *error);
hm_status hm_train_wake_sleep(hm_model *model, const hm_dataset *train, const hm_dataset *validation,
    const hm_up_down_config *config, const hm_train_events *events, hm_error *error);
hm_status hm_model_unroll(const hm_model *dbn, size_t n_labels, double deviation, hm_model **net, hm_error *error);
hm_status hm_train_backprop(hm_model *net, const hm_dataset *train, const hm_dataset *validation,
    const hm_backprop_config *config, const hm_train_events *events, hm_error *error);
hm_status hm_checkpoint_stage(const hm_context *context, const char *path, size_t *index, char *name, size_t size,
    hm_error *error);

/* ---- infer.h */
hm_status hm_reconstruct(const hm_model *model, size_t machine, hm_matrix v, size_t n_steps, hm_matrix out, hm_error *error);
typedef struct hm_chains hm_chains;
typedef struct hm_chains_config { size_t n; const int32_t *label; hm_matrix start; const bool *is_clamped; bool is_sampled;
    ...; } hm_chains_config;
hm_status hm_chains_create(const hm_model *model, const hm_chains_config *config, hm_chains **chains, hm_error *error);
void hm_chains_destroy(hm_chains *chains);
void hm_chains_run(hm_chains *chains, size_t n_steps);
hm_matrix hm_chains_layer(const hm_chains *chains, size_t layer);
#define HM_INFER_LAYERS ...
typedef struct hm_posterior_config { int how; const bool *is_given; size_t n_sweeps, n_kept; ...; } hm_posterior_config;
hm_status hm_infer_layers(const hm_model *model, const hm_posterior_config *config, hm_matrix v, hm_matrix out, hm_error *error);
#define HM_RECOGNISE_ENERGY ...
hm_status hm_class_probabilities(const hm_model *model, int method, size_t n_steps, hm_matrix v, double *probability,
    hm_error *error);
hm_status hm_hidden_means(const hm_rbm *rbm, hm_matrix v, float beta, hm_matrix mean, hm_error *error);

/* ---- likelihood.h */
#define HM_ENUMERATION_MAX ...
typedef struct hm_estimate { double value, low, high; ...; } hm_estimate;
double hm_rbm_log2_states(const hm_rbm *rbm);
hm_status hm_rbm_log_partition(const hm_rbm *rbm, double *log_Z, hm_error *error);
typedef struct hm_evaluate_config { ...; } hm_evaluate_config;
extern const hm_option_table hm_evaluate_options;
typedef struct hm_evaluate_events { void *user; bool (*should_stop)(void *user); ...; } hm_evaluate_events;
hm_status hm_ais(const hm_rbm *rbm, const float *base_bias, const hm_evaluate_config *config,
    const hm_evaluate_events *events, hm_estimate *log_Z, hm_error *error);
typedef struct hm_evaluation { size_t n_cases; bool is_exact, is_bound; hm_estimate log_Z, log_Z_reverse;
    double free_energy; hm_estimate log_likelihood, log_likelihood_reverse; double pseudo_likelihood; ...; } hm_evaluation;
hm_status hm_evaluate(const hm_model *model, size_t machine, const hm_dataset *set, const hm_evaluate_config *config,
    const hm_evaluate_events *events, hm_evaluation *result, hm_error *error);

/* ---- belief.h */
typedef struct hm_belief hm_belief;
typedef struct hm_node { char name[...]; char values[2][64]; size_t n_parents; size_t *parents; ...; } hm_node;
hm_status hm_belief_parse(const hm_context *context, const char *path, const char *text, size_t n, hm_belief **net,
    hm_error *error);
void hm_belief_destroy(hm_belief *net);
size_t hm_belief_n_nodes(const hm_belief *net);
const hm_node *hm_belief_node(const hm_belief *net, size_t i);
hm_status hm_belief_find(const hm_belief *net, const char *name, size_t *i, hm_error *error);
hm_status hm_belief_observe(const hm_belief *net, const char *text, int8_t *observed, hm_error *error);
double hm_belief_log_joint(const hm_belief *net, const uint8_t *state);
typedef struct hm_belief_config { ...; } hm_belief_config;
extern const hm_option_table hm_belief_options;
typedef struct hm_marginal { double p, error, r_hat, effective_size; ...; } hm_marginal;
typedef struct hm_posterior { int method; double log_evidence, effective_size; size_t width, n; hm_marginal *marginal; ...; }
    hm_posterior;
hm_status hm_belief_infer(const hm_belief *net, const int8_t *observed, const hm_belief_config *config, hm_posterior *posterior,
    hm_error *error);
void hm_posterior_clear(const hm_belief *net, hm_posterior *posterior);
hm_status hm_belief_explain(const hm_belief *net, const int8_t *observed, uint8_t *state, double *log_joint, hm_error *error);
hm_status hm_belief_sample(const hm_belief *net, size_t n, double temperature, uint8_t *states, hm_error *error);
typedef struct hm_belief_learn_config { ...; } hm_belief_learn_config;
extern const hm_option_table hm_belief_learn_options;
typedef struct hm_belief_learn_events { ...; } hm_belief_learn_events;
hm_status hm_belief_learn(hm_belief *net, const int8_t *states, size_t n, const hm_belief_learn_config *config,
    const hm_belief_learn_events *events, double *log_likelihood, hm_error *error);
hm_status hm_belief_save(const hm_belief *net, const char *path, hm_error *error);
const char *hm_belief_method_name(int method);

/* ---- show.h */
typedef struct hm_image hm_image;
void hm_image_destroy(hm_image *image);
hm_status hm_image_save_png(const hm_image *image, const char *path, hm_error *error);
typedef struct hm_grid { size_t n_cols, zoom; bool signed_values, dark_on_light; size_t n_channels; const char *title; ...; }
    hm_grid;
hm_status hm_image_bands(const hm_context *context, const hm_matrix *bands, const char *const *band_names, size_t n_bands,
    size_t height, size_t width, const hm_grid *grid, hm_image **image, hm_error *error);
hm_status hm_image_grid(const hm_context *context, hm_matrix values, size_t height, size_t width, const hm_grid *grid,
    hm_image **image, hm_error *error);
typedef struct hm_graph_node { const char *name; double shade; bool is_marked; ...; } hm_graph_node;
typedef struct hm_graph_edge { size_t from, to; ...; } hm_graph_edge;
hm_status hm_graph_draw(const hm_context *context, const hm_graph_node *nodes, size_t n, const hm_graph_edge *edges,
    size_t n_edges, const char *path, hm_error *error);

/* ---- What the library calls back */
extern "Python" bool hm_python_should_stop(void *user);
extern "Python" hm_status hm_python_on_epoch(void *user, const hm_train_report *report, hm_error *error);
"""


def _pkg_config(*arguments: str, path: str = "") -> list:
    environment = dict(os.environ)
    if path:
        environment["PKG_CONFIG_PATH"] = path + os.pathsep + environment.get("PKG_CONFIG_PATH", "")
    return shlex.split(subprocess.run(["pkg-config", *arguments], check=True, env=environment, text=True,
                                      stdout=subprocess.PIPE).stdout)


def _needed_by_archive(pc: pathlib.Path, path: str) -> list:
    """Linker flags of what libharmonium.a itself needs: our library static, the system's shared (Debian's openblas.pc asks for
    more when all is static)."""
    private = [line[len("Libs.private:"):] for line in pc.read_text().splitlines() if line.startswith("Libs.private:")]
    needed = _pkg_config("--print-requires-private", "harmonium", path=path)
    return (_pkg_config("--libs", *needed, path=path) if needed else []) + shlex.split(" ".join(private))


def find_library(environment=os.environ) -> dict:
    """Arguments of FFI.set_source that find the headers and the library.

    Raises
    ------
    RuntimeError
        When no library is found, with what to set.
    """
    build, source = environment.get("HARMONIUM_BUILD_DIR"), environment.get("HARMONIUM_SOURCE_DIR")
    prefix = environment.get("HARMONIUM_PREFIX")
    if build:
        if not source:
            raise RuntimeError("HARMONIUM_BUILD_DIR is set: set HARMONIUM_SOURCE_DIR as well, to the source tree it was built from")
        include, library, pc = [str(pathlib.Path(source) / "include")], pathlib.Path(build), pathlib.Path(build) / "harmonium.pc"
    else:
        if prefix:
            files = sorted(pathlib.Path(prefix).glob("lib*/**/harmonium.pc"))
        else:
            try:
                files = [pathlib.Path(_pkg_config("--variable=pcfiledir", "harmonium")[0]) / "harmonium.pc"]
            except (OSError, subprocess.CalledProcessError, IndexError):
                files = []
        if not files:
            raise RuntimeError("libharmonium is not found" + (f" under HARMONIUM_PREFIX = {prefix}" if prefix else " by pkg-config") +
                               ": install it (cmake --install), and set HARMONIUM_PREFIX to where it lies")
        pc = files[0]
        include = [flag[2:] for flag in _pkg_config("--cflags-only-I", "--keep-system-cflags", "harmonium", path=str(pc.parent))]
        library = pc.parent.parent
    archive = library / "libharmonium.a"
    if archive.is_file():
        return {"include_dirs": include, "extra_link_args": [str(archive)] + _needed_by_archive(pc, str(pc.parent))}
    return {"include_dirs": include, "libraries": ["harmonium"], "library_dirs": [str(library)],
            "runtime_library_dirs": [str(library)]}


ffi = FFI()
ffi.cdef(DECLARATIONS)
ffi.set_source("harmonium._native", "#include <stdbool.h>\n#include <harmonium/harmonium.h>\n",
               extra_compile_args=["-std=c17"], **find_library())
