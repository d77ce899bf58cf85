/* The tensors of a stranger's safetensors file that are an RBM: the one matrix, and the lists as long as its sides. What
 * is ambiguous is for the user to say; the message lists what there is. */
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "cli/cli_import.h"

bool cli_is_safetensors(const char *path)
{
    unsigned char head[9] = {0};
    struct stat about;
    bool is_regular = stat(path, &about) == 0 && S_ISREG(about.st_mode); /* a pipe would wait, and lose its first bytes */
    FILE *stream = is_regular ? fopen(path, "rb") : NULL;
    size_t n = stream ? fread(head, 1, sizeof head, stream) : 0;
    if (stream)
        fclose(stream);
    /* A header below 4 GiB, whose first character opens an object: no text has such zero bytes. */
    bool is_it = n == sizeof head && memcmp(head + 4, "\0\0\0\0", 4) == 0 && head[8] == '{';
    return is_it || strcmp(cli_ending(path), ".safetensors") == 0;
}

/* ---- What there is -------------------------------------------------------------------------------------- */

/* "fc.weight F32 [500, 784], ...", as much of it as a message holds. */
static const char *list_tensors(const hm_tensor_file *file, char *text, size_t size)
{
    size_t used = 0, n = hm_tensor_file_n_tensors(file), i = 0;
    snprintf(text, size, "%s", n ? "" : "none");
    for (; i < n && used + 160 < size; i++) {
        const hm_tensor *tensor = hm_tensor_file_at(file, i);
        char name[48];
        used += (size_t)snprintf(text + used, size - used, "%s%s %s [", i ? ", " : "",
                                 cli_printable(tensor->name, name, sizeof name), hm_tensor_type_name(tensor->type));
        for (int a = 0; a < tensor->n_axes; a++)
            used += (size_t)snprintf(text + used, size - used, "%s%zu", a ? ", " : "", tensor->shape[a]);
        used += (size_t)snprintf(text + used, size - used, "]");
    }
    if (i < n)
        snprintf(text + used, size - used, " and %zu more", n - i);
    return text;
}

static hm_status fail_choice(const cli_import *import, const hm_tensor_file *file, const char *why, const char *option,
                             hm_error *error)
{
    char list[600];
    return hm_fail(error, HM_ERROR_ARGUMENT, "%.200s: %s; choose with --%s NAME among its tensors: %s",
                   import->call->operand[0], why, option, list_tensors(file, list, sizeof list));
}

static bool is_matrix(const hm_tensor *tensor)
{
    return hm_tensor_is_real(tensor) && tensor->n_axes == 2 && tensor->shape[0] > 1 && tensor->shape[1] > 1;
}

/* n x 1 and 1 x n are lists as well: PyTorch programs often keep biases so. */
static bool is_list(const hm_tensor *tensor, size_t length)
{
    size_t n = hm_tensor_n_elements(tensor);
    bool is_flat = tensor->n_axes == 1 ||
                   (tensor->n_axes == 2 && (tensor->shape[0] == 1 || tensor->shape[1] == 1));
    return hm_tensor_is_real(tensor) && is_flat && n == length;
}

/* ---- Choosing ------------------------------------------------------------------------------------------- */

static hm_status find_named(const cli_import *import, const hm_tensor_file *file, const char *option, const char *name,
                            const hm_tensor **found, hm_error *error)
{
    char shown[64], why[120];
    *found = hm_tensor_file_find(file, name);
    snprintf(why, sizeof why, "holds no tensor \"%s\"", cli_printable(name, shown, sizeof shown));
    return *found ? HM_OK : fail_choice(import, file, why, option, error);
}

static hm_status choose_weights(const cli_import *import, const hm_tensor_file *file, const hm_tensor **found,
                                hm_error *error)
{
    const char *name = import->call->options.import.weights;
    size_t n = 0;
    if (*name)
        return find_named(import, file, "weights", name, found, error);
    for (size_t i = 0; i < hm_tensor_file_n_tensors(file); i++)
        if (is_matrix(hm_tensor_file_at(file, i)) && ++n)
            *found = hm_tensor_file_at(file, i);
    return n == 1 ? HM_OK
                  : fail_choice(import, file, n ? "holds several matrices" : "holds no matrix of real numbers", "weights",
                                error);
}

/* The lists that may be the biases of a side: as long as it, and not chosen for the other or as weights by name. */
static size_t count_lists(const cli_import *import, const hm_tensor_file *file, int side, const hm_tensor **found)
{
    const char *const taken[] = {import->said[!side], import->call->options.import.weights};
    size_t n = 0;
    for (size_t i = 0; i < hm_tensor_file_n_tensors(file); i++) {
        const hm_tensor *tensor = hm_tensor_file_at(file, i);
        bool is_taken = strcmp(tensor->name, taken[0]) == 0 || strcmp(tensor->name, taken[1]) == 0;
        if (!is_taken && is_list(tensor, cli_import_units(import, side)) && ++n)
            *found = tensor;
    }
    return n;
}

/* *found stays null where there is none: zero biases. */
static hm_status choose_bias(const cli_import *import, const hm_tensor_file *file, int side, const hm_tensor **found,
                             hm_error *error)
{
    static const char *const options[] = {"visible-bias", "hidden-bias"};
    char why[120];
    bool is_square = import->W.rows == import->W.cols;
    if (*import->said[side])
        return find_named(import, file, options[side], import->said[side], found, error);
    size_t n = count_lists(import, file, side, found);
    if (n == 0 || (n == 1 && (!is_square || *import->said[!side])))
        return HM_OK;
    snprintf(why, sizeof why, "%s be the %s biases", n > 1 ? "several tensors may" : "one tensor may as well",
             cli_side_names[side]);
    return fail_choice(import, file, why, options[side], error);
}

/* ---- Reading -------------------------------------------------------------------------------------------- */

static hm_status take_weights(cli_import *import, const hm_tensor_file *file, hm_error *error)
{
    const hm_tensor *tensor = NULL;
    hm_status status = choose_weights(import, file, &tensor, error);
    if (status == HM_OK)
        status = cli_array_take(import->call->context, import->call->operand[0], tensor, &import->W, error);
    return status == HM_OK ? cli_import_finish_weights(import, error) : status;
}

static hm_status take_bias(cli_import *import, const hm_tensor_file *file, int side, hm_error *error)
{
    const hm_tensor *tensor = NULL;
    hm_status status = choose_bias(import, file, side, &tensor, error);
    return status == HM_OK && tensor ? cli_array_take(import->call->context, import->call->operand[0], tensor,
                                                      &import->bias[side], error)
                                     : status;
}

static hm_status check_file(const cli_import *import, const hm_tensor_file *file, hm_error *error)
{
    const cli_call *call = import->call;
    const char *format = hm_tensor_file_text(file, "format");
    if (format && strncmp(format, "harmonium", 9) == 0)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%.200s: is a Harmonium model already; use it as it is, or copy it",
                       call->operand[0]);
    if (call->n_operands > 1)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%.200s: one argument too many; the biases are tensors of %.200s, which "
                       "--visible-bias NAME and --hidden-bias NAME choose", call->operand[1], call->operand[0]);
    return HM_OK;
}

hm_status cli_import_tensors(cli_import *import, hm_error *error)
{
    hm_tensor_file *file = NULL;
    hm_status status = hm_tensor_file_load(import->call->context, import->call->operand[0], &file, error);
    if (status == HM_OK)
        status = check_file(import, file, error);
    if (status == HM_OK)
        status = take_weights(import, file, error);
    for (int side = 0; status == HM_OK && side < 2; side++)
        status = take_bias(import, file, side, error);
    hm_tensor_file_destroy(file);
    return status;
}
