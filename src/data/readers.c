/* The table of readers. */
#include "data/readers.h"

#include <string.h>

#include <harmonium/data.h>

#include "base/fail.h"
#include "base/file.h"
#include "data/strangers.h"

/* CSV has no magic and takes any text but that of pictures, so it comes last. */
static const hm_reader *const readers[] = {
    &hm_reader_idx,
    &hm_reader_npy,
    &hm_reader_png,
    &hm_reader_jpeg,
    &hm_reader_csv,
};

const char *hm_quote(const char *piece, size_t n, hm_quotation *what)
{
    const size_t most = 24;
    char *out = what->text;
    *out++ = '"';
    for (size_t i = 0; i < n && i < most; i++)
        *out++ = piece[i] >= ' ' && piece[i] <= '~' ? piece[i] : '?';
    strcpy(out, n > most ? "...\"" : "\"");
    return what->text;
}

static hm_status fail_stranger(const hm_source *source, const unsigned char *head, size_t n,
                               hm_error *error)
{
    static const hm_stranger unknown = {"nothing known", "name an IDX, NPY, CSV, PNG or JPEG file"};
    const hm_stranger *stranger = hm_stranger_find(head, n);
    stranger = stranger ? stranger : &unknown;
    return hm_fail(error, HM_ERROR_FORMAT,
                   "%s: looks like %s (first bytes %02x %02x %02x %02x), which is not read; %s",
                   source->path, stranger->looks_like, head[0], n > 1 ? head[1] : 0, n > 2 ? head[2] : 0,
                   n > 3 ? head[3] : 0, stranger->remedy);
}

size_t hm_reading_channels(const hm_reading *reading)
{
    return reading->grey ? 1 : reading->n_channels;
}

bool hm_reading_turns_grey(const hm_reading *reading)
{
    return !reading->grey && reading->n_channels == 1;
}

static hm_status read_source(hm_source *source, const hm_reading *reading, hm_storage **storage,
                             hm_error *error)
{
    unsigned char head[HM_HEAD_MAX];
    size_t n;
    hm_status status = hm_source_read(source, head, sizeof head, &n, error);
    if (status == HM_OK && n == 0)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: the file is empty", source->path);
    if (status == HM_OK)
        status = hm_source_rewind(source, error);
    if (status != HM_OK)
        return status;
    for (size_t i = 0; !hm_stranger_of_text(head, n) && i < sizeof readers / sizeof *readers; i++) {
        if (!readers[i]->sniff(head, n))
            continue;
        if (reading->tile > 0 && !readers[i]->takes_tiles)
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "%s: `tile` is for contact sheets, and this is %s; leave it out",
                           source->path, readers[i]->name);
        if (reading->label_column && *reading->label_column && !readers[i]->takes_label_column)
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "%s: `label-column` is for CSV tables, and this is %s; leave it out, or "
                           "give `labels`",
                           source->path, readers[i]->name);
        if (reading->fit != HM_FIT_NONE)
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "%s: `fit` is for a folder of pictures, and this is one file (%s); leave "
                           "it out",
                           source->path, readers[i]->name);
        return readers[i]->open(source, reading, storage, error);
    }
    return fail_stranger(source, head, n, error);
}

hm_status hm_storage_open(const hm_context *context, const char *path, const hm_reading *reading,
                          hm_storage **storage, hm_error *error)
{
    hm_source source;
    *storage = NULL;
    if (hm_folder_exists(path))
        return hm_folder_open(context, path, reading, storage, error);
    hm_status status = hm_source_open(context, path, &source, error);
    if (status != HM_OK)
        return status;
    status = read_source(&source, reading, storage, error);
    hm_source_close(&source);
    return status;
}
