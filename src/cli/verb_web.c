/* harmonium web: a model as a page to draw on, dream with and look into, which needs no server: web/page, and the model beside it. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bf16.h"
#include "base/fail.h"
#include "base/file.h"
#include "cli/cli_page.h"
#include "cli/verbs.h"
#include "model/model_internal.h"

enum { PATH_SIZE = 4096 };

static const char PAGE_FOLDER[] = "web/page", NETS_FOLDER[] = "examples/nets";
static const char *const page_files[] = {"index.html", "belief.html", "style.css", "engine.js", "shared.js", "page.js", "belief.js"};
static const char *const net_files[] = {"earthquake.net", "sprinkler.net", "alarm.net", "asia.bif"};
enum { N_PAGE_FILES = sizeof page_files / sizeof *page_files, N_NET_FILES = sizeof net_files / sizeof *net_files, FILE_MAX = 1 << 24 };

/* ---- What comes with Harmonium ---------------------------------------------------------------------------- */

/* Of what lies beside the data that $HARMONIUM_DATA names, as in an installation that was moved. */
static bool find_beside_data(char root[PATH_SIZE])
{
    const char *data = getenv("HARMONIUM_DATA");
    return data && hm_path_join(root, PATH_SIZE, data, "..");
}

static bool find_in(const char *root, const char *folder, const char *name, char path[PATH_SIZE])
{
    char place[PATH_SIZE];
    return hm_path_join(place, sizeof place, root, folder) && hm_path_join(path, PATH_SIZE, place, name) && hm_file_exists(path);
}

static hm_status load_shared(const cli_call *call, const char *folder, const char *name, unsigned char **bytes, size_t *n, hm_error *error)
{
    char root[PATH_SIZE], path[PATH_SIZE];
    bool is_there = find_beside_data(root) && find_in(root, folder, name, path);
    for (size_t i = 0; !is_there && hm_shared_root(i); i++)
        is_there = find_in(hm_shared_root(i), folder, name, path);
    return is_there ? hm_file_load(call->context, path, FILE_MAX, bytes, n, error)
                    : hm_fail(error, HM_ERROR_NOT_FOUND, "%s/%s is not there: neither where Harmonium was built nor where it was installed "
                                                         "(%s); if it was moved, let HARMONIUM_DATA name its share/harmonium/data",
                              folder, name, hm_shared_root(1));
}

static hm_status copy_page(const cli_call *call, const char *folder, hm_error *error)
{
    hm_status status = HM_OK;
    for (int i = 0; status == HM_OK && i < N_PAGE_FILES; i++) {
        char path[PATH_SIZE];
        unsigned char *bytes = NULL;
        size_t n;
        hm_path_join(path, sizeof path, folder, page_files[i]);
        status = load_shared(call, PAGE_FOLDER, page_files[i], &bytes, &n, error);
        if (status == HM_OK)
            status = hm_file_save(path, bytes, n, error);
        hm_free(call->context, bytes);
    }
    return status;
}

/* ---- Bytes and text in scripts ---------------------------------------------------------------------------- */

/* Base64, three bytes at a time. */
typedef struct encoder {
    hm_file_writer *writer;
    unsigned char rest[3];
    int n_rest;
} encoder;

static void encode_group(encoder *e)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = (uint32_t)e->rest[0] << 16 | (uint32_t)e->rest[1] << 8 | e->rest[2];
    char text[4];
    for (int i = 0; i < 4; i++)
        text[i] = letters[bits >> (18 - 6 * i) & 63];
    for (int i = e->n_rest + 1; i < 4; i++)
        text[i] = '=';
    hm_file_write(e->writer, text, sizeof text);
    memset(e->rest, 0, sizeof e->rest);
    e->n_rest = 0;
}

static void encode(void *user, const void *bytes, size_t n)
{
    encoder *e = user;
    for (size_t i = 0; i < n; i++) {
        e->rest[e->n_rest++] = ((const unsigned char *)bytes)[i];
        if (e->n_rest == 3)
            encode_group(e);
    }
}

static void put_text(hm_file_writer *writer, const char *text)
{
    hm_file_write(writer, text, strlen(text));
}

/* As a string of a script. "<" too is escaped, so that nothing ends the script. */
static void put_quoted(hm_file_writer *writer, const char *text)
{
    put_text(writer, "\"");
    for (; *text; text++) {
        char escaped[8];
        unsigned char c = (unsigned char)*text;
        snprintf(escaped, sizeof escaped, c < ' ' || strchr("\"\\<", c) ? "\\u%04x" : "%c", c);
        put_text(writer, escaped);
    }
    put_text(writer, "\"");
}

/* ---- The model -------------------------------------------------------------------------------------------- */

/* The tensors of `from`, weights as bfloat16: halves in `room`, as many as there are numbers. */
static hm_status add_halved(const hm_tensor_file *from, uint16_t *room, hm_tensor_file *to, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t i = 0; status == HM_OK && i < hm_tensor_file_n_tensors(from); i++) {
        hm_tensor tensor = *hm_tensor_file_at(from, i);
        if (tensor.n_axes > 1) {
            size_t n = hm_tensor_n_elements(&tensor);
            for (size_t k = 0; k < n; k++)
                room[k] = hm_bf16_of(((const float *)tensor.data)[k]);
            tensor.type = HM_TENSOR_BF16;
            tensor.data = room;
            room += n;
        }
        status = hm_tensor_file_add(to, &tensor, error);
    }
    return status;
}

static size_t count_numbers(const hm_tensor_file *file)
{
    size_t n = 0;
    for (size_t i = 0; i < hm_tensor_file_n_tensors(file); i++)
        n += hm_tensor_n_elements(hm_tensor_file_at(file, i));
    return n;
}

/* What the page must know of the model beside its tensors. */
static const char *const texts[] = {"kind", "layers", "labels", "classes", "image"};
enum { N_TEXTS = sizeof texts / sizeof *texts };

static hm_status add_texts(const hm_tensor_file *from, hm_tensor_file *to, hm_error *error)
{
    hm_status status = HM_OK;
    for (int i = 0; status == HM_OK && i < N_TEXTS; i++)
        if (hm_tensor_file_text(from, texts[i]))
            status = hm_tensor_file_set_text(to, texts[i], hm_tensor_file_text(from, texts[i]), error);
    return status;
}

static hm_status halve(const hm_model *model, uint16_t **room, hm_tensor_file **halved, hm_error *error)
{
    hm_tensor_file *whole;
    hm_status status = hm_tensor_file_create(model->context, &whole, error);
    if (status == HM_OK)
        status = hm_model_to_file(model, whole, error);
    if (status == HM_OK)
        status = hm_tensor_file_create(model->context, halved, error);
    if (status == HM_OK) {
        *room = hm_alloc(model->context, count_numbers(whole), sizeof **room, error);
        status = *room ? add_texts(whole, *halved, error) : HM_ERROR_MEMORY;
    }
    if (status == HM_OK)
        status = add_halved(whole, *room, *halved, error);
    hm_tensor_file_destroy(whole);
    return status;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* model.js: `harmoniumModel`, a safetensors file in base64. */
static hm_status write_model(const cli_call *call, const hm_model *model, const char *folder, hm_error *error)
{
    char path[PATH_SIZE];
    uint16_t *room = NULL;
    hm_tensor_file *file = NULL;
    hm_file_writer writer;
    hm_path_join(path, sizeof path, folder, "model.js");
    hm_status status = halve(model, &room, &file, error);
    if (status == HM_OK)
        status = hm_file_create(&writer, path, error);
    if (status == HM_OK) {
        encoder e = {.writer = &writer};
        put_text(&writer, "const harmoniumModel = {name: ");
        put_quoted(&writer, name_of(call->operand[0]));
        put_text(&writer, ", bytes: \"");
        status = hm_tensor_file_write(file, encode, &e, error);
        if (e.n_rest)
            encode_group(&e);
        put_text(&writer, "\"};\n");
        if (status == HM_OK)
            status = hm_file_commit(&writer, error);
        else
            hm_file_abandon(&writer);
    }
    hm_tensor_file_destroy(file);
    hm_free(call->context, room);
    return status;
}

/* nets.js: `harmoniumNets`, the belief nets of the other page. */
static hm_status write_nets(const cli_call *call, const char *folder, hm_error *error)
{
    char path[PATH_SIZE];
    hm_file_writer writer;
    hm_path_join(path, sizeof path, folder, "nets.js");
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    put_text(&writer, "const harmoniumNets = {\n");
    for (int i = 0; status == HM_OK && i < N_NET_FILES; i++) {
        unsigned char *bytes = NULL;
        size_t n;
        status = load_shared(call, NETS_FOLDER, net_files[i], &bytes, &n, error);
        if (status == HM_OK) {
            put_quoted(&writer, net_files[i]);
            put_text(&writer, ": ");
            put_quoted(&writer, (const char *)bytes);
            put_text(&writer, ",\n");
        }
        hm_free(call->context, bytes);
    }
    put_text(&writer, "};\n");
    if (status == HM_OK)
        return hm_file_commit(&writer, error);
    hm_file_abandon(&writer);
    return status;
}

/* ---- The verb --------------------------------------------------------------------------------------------- */

static hm_status check_model(const hm_model *model, const char *path, hm_error *error)
{
    if (model->kind != HM_MODEL_RBM && model->kind != HM_MODEL_DBN)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: a page shows an RBM or a deep belief net; of others `harmonium info` says what "
                       "they are", path);
    if (!model->height)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: its visible units are no picture, so there is nothing to draw; train it on pictures",
                       path);
    return HM_OK;
}

static hm_status run(cli_call *call, hm_error *error)
{
    const char *folder = *call->options.output.output ? call->options.output.output : "web";
    hm_model *model;
    hm_status status = hm_model_load(call->context, call->operand[0], &model, error);
    if (status != HM_OK)
        return status;
    status = check_model(model, call->operand[0], error);
    if (status == HM_OK)
        status = hm_folder_create(folder, error);
    if (status == HM_OK)
        status = copy_page(call, folder, error);
    if (status == HM_OK)
        status = write_nets(call, folder, error);
    if (status == HM_OK)
        status = write_model(call, model, folder, error);
    if (status == HM_OK)
        status = cli_page_link(call, folder, "To play with",
                               "Draw and see it read, hold a label and see it dream, fill in, look into units.", error);
    if (status == HM_OK)
        cli_say(call, "%s/index.html: open it in a browser; nothing leaves the machine", folder);
    hm_model_destroy(model);
    return status;
}

const cli_verb cli_verb_web = {
    "web", "Write a page to draw on, dream with and look into a model", "MODEL", 1, 1, {&cli_output_options, &cli_common_options, NULL},
    "output", "or into a folder", "harmonium web digits.safetensors -o digits-page", run,
};
