/* The table of readers, and what is said of a file that none of them knows. */
#include "data/readers.h"

#include <string.h>

#include <harmonium/data.h>

#include "base/fail.h"
#include "base/file.h"

/* CSV has no magic and takes any text, so it comes last. */
static const hm_reader *const readers[] = {
    &hm_reader_idx,
    &hm_reader_npy,
    &hm_reader_png,
    &hm_reader_jpeg,
    &hm_reader_csv,
};

/* Common files that are not read, so that the message can say what was given and what to do. */
static const struct {
    size_t offset;
    const char *magic;
    const char *looks_like;
    const char *remedy;
} strangers[] = {
    {0, "GIF8", "a GIF picture", "turn it into PNG"},
    {0, "BM", "a BMP picture", "turn it into PNG"},
    {0, "II*", "a TIFF picture", "turn it into PNG"},
    {30, "[Content_Types].xml", "an Excel workbook", "save the sheet as CSV (UTF-8)"},
    {30, "xl/", "an Excel workbook", "save the sheet as CSV (UTF-8)"},
    {30, "mimetype", "an OpenDocument spreadsheet", "save the sheet as CSV (UTF-8)"},
    {0, "PK\3\4", "an NPZ file of numpy, or another ZIP archive", "unpack it (unzip) and name one of the NPY files in it"},
    {0, "\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV (UTF-8)"},
    {0, "\xff\xfe", "text in UTF-16, as Excel's Unicode text", "save it as CSV in UTF-8"},
    {0, "\xfe\xff", "text in UTF-16, as Excel's Unicode text", "save it as CSV in UTF-8"},
    {0, "PAR1", "a Parquet file", "save the table as CSV or the array as NPY"},
    {0, "ARROW1", "a Feather (Arrow) file", "save the table as CSV or the array as NPY"},
    {0, "\x89HDF", "an HDF5 or MATLAB file", "save the array as NPY"},
    {0, "MATLAB", "a MATLAB file", "save the array as NPY"},
    {0, "BZh", "packed with bzip2", "unpack it with bunzip2"},
    {0, "\3757zXZ", "packed with xz", "unpack it with unxz"},
    {0, "\x28\xb5\x2f\xfd", "packed with zstd", "unpack it with unzstd"},
    {257, "ustar", "a tar archive", "unpack it with tar"},
    {0, "RIFF", "sound (WAV)", "turn it into frames by harmonium frames, which also draws its spectrogram"},
    {0, "fLaC", "sound (FLAC)", "turn it into frames by harmonium frames, which also draws its spectrogram"},
    {0, "\x80\2", "a Python pickle", "save the array as NPY"},
    {0, "\x80\3", "a Python pickle", "save the array as NPY"},
    {0, "\x80\4", "a Python pickle", "save the array as NPY"},
    {8, "{\"", "a safetensors file, perhaps a model", "name a file of data"},
    {0, "%PDF", "a PDF document", "name a file of data"},
    {0, "\177ELF", "a program", "name a file of data"},
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
    const char *looks_like = "nothing known", *remedy = "name an IDX, NPY, CSV, PNG or JPEG file";
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        size_t length = strlen(strangers[i].magic);
        if (strangers[i].offset + length <= n &&
            memcmp(head + strangers[i].offset, strangers[i].magic, length) == 0) {
            looks_like = strangers[i].looks_like;
            remedy = strangers[i].remedy;
            break;
        }
    }
    return hm_fail(error, HM_ERROR_FORMAT,
                   "%s: looks like %s (first bytes %02x %02x %02x %02x), which is not read; %s",
                   source->path, looks_like, head[0], n > 1 ? head[1] : 0, n > 2 ? head[2] : 0,
                   n > 3 ? head[3] : 0, remedy);
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
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
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
