/* The table of formats that are not read: by the bytes at some place of the file or, where these do not suffice, by a function. */
#include "data/strangers.h"

#include <ctype.h>
#include <string.h>

#define PNG_REMEDY "turn it into PNG"
#define CSV_REMEDY "save the sheet as CSV (UTF-8)"
#define SOUND_REMEDY "turn it into frames by harmonium frames, which also draws its spectrogram"

/* Comes behind what it differs from by what follows: RIFF alone is sound. */
static const struct {
    size_t offset;
    const char *magic;
    size_t length;
    hm_stranger what;
} strangers[] = {
#define MAGIC(text) text, sizeof text - 1
    {0, MAGIC("GIF8"), {"a GIF picture", PNG_REMEDY}},
    {0, MAGIC("BM"), {"a BMP picture", PNG_REMEDY}},
    {0, MAGIC("II*\0"), {"a TIFF picture", PNG_REMEDY}},
    {0, MAGIC("MM\0*"), {"a TIFF picture", PNG_REMEDY}},
    {0, MAGIC("II+\0"), {"a BigTIFF picture", PNG_REMEDY}},
    {0, MAGIC("MM\0+"), {"a BigTIFF picture", PNG_REMEDY}},
    {8, MAGIC("WEBP"), {"a WebP picture", PNG_REMEDY}},
    {4, MAGIC("ftypavif"), {"an AVIF picture", PNG_REMEDY}},
    {4, MAGIC("ftypavis"), {"an AVIF picture", PNG_REMEDY}},
    {4, MAGIC("ftyphe"), {"a HEIC picture", PNG_REMEDY}},
    {4, MAGIC("ftypmif1"), {"a HEIC or AVIF picture", PNG_REMEDY}},
    {4, MAGIC("ftypmsf1"), {"a HEIC or AVIF picture", PNG_REMEDY}},
    {4, MAGIC("ftypcrx"), {"a raw picture of a camera (CR3)", PNG_REMEDY}},
    {4, MAGIC("ftyp"), {"a film (MP4 or QuickTime)", "take its pictures out as PNG"}},
    {4, MAGIC("jP  "), {"a JPEG 2000 picture", PNG_REMEDY}},
    {0, MAGIC("\xff\x4f\xff\x51"), {"a JPEG 2000 picture", PNG_REMEDY}},
    {4, MAGIC("JXL "), {"a JPEG XL picture", PNG_REMEDY}},
    {0, MAGIC("\xff\x0a"), {"a JPEG XL picture", PNG_REMEDY}},
    {0, MAGIC("8BPS"), {"a Photoshop picture", PNG_REMEDY}},
    {0, MAGIC("gimp xcf"), {"a GIMP picture", PNG_REMEDY}},
    {0, MAGIC("\0\0\1\0"), {"an icon (ICO)", PNG_REMEDY}},
    {0, MAGIC("\x76\x2f\x31\x01"), {"an OpenEXR picture", PNG_REMEDY}},
    {30, MAGIC("[Content_Types].xml"), {"an Excel workbook", CSV_REMEDY}},
    {30, MAGIC("xl/"), {"an Excel workbook", CSV_REMEDY}},
    {30, MAGIC("mimetype"), {"an OpenDocument spreadsheet", CSV_REMEDY}},
    {0, MAGIC("PK\3\4"), {"an NPZ file of numpy, or another ZIP archive", "unpack it (unzip) and name one of the NPY files in it"}},
    {0, MAGIC("\xd0\xcf\x11\xe0"), {"an old Excel workbook", CSV_REMEDY}},
    {0, MAGIC("\xff\xfe"), {"text in UTF-16, as Excel's Unicode text", "save it as CSV in UTF-8"}},
    {0, MAGIC("\xfe\xff"), {"text in UTF-16, as Excel's Unicode text", "save it as CSV in UTF-8"}},
    {0, MAGIC("PAR1"), {"a Parquet file", "save the table as CSV or the array as NPY"}},
    {0, MAGIC("ARROW1"), {"a Feather (Arrow) file", "save the table as CSV or the array as NPY"}},
    {0, MAGIC("\x89HDF"), {"an HDF5 or MATLAB file", "save the array as NPY"}},
    {0, MAGIC("MATLAB"), {"a MATLAB file", "save the array as NPY"}},
    {0, MAGIC("BZh"), {"packed with bzip2", "unpack it with bunzip2"}},
    {0, MAGIC("\3757zXZ"), {"packed with xz", "unpack it with unxz"}},
    {0, MAGIC("\x28\xb5\x2f\xfd"), {"packed with zstd", "unpack it with unzstd"}},
    {257, MAGIC("ustar"), {"a tar archive", "unpack it with tar"}},
    {8, MAGIC("AVI "), {"a film (AVI)", "take its pictures out as PNG"}},
    {0, MAGIC("RIFF"), {"sound (WAV)", SOUND_REMEDY}},
    {0, MAGIC("fLaC"), {"sound (FLAC)", SOUND_REMEDY}},
    {0, MAGIC("\x80\2"), {"a Python pickle", "save the array as NPY"}},
    {0, MAGIC("\x80\3"), {"a Python pickle", "save the array as NPY"}},
    {0, MAGIC("\x80\4"), {"a Python pickle", "save the array as NPY"}},
    {8, MAGIC("{\""), {"a safetensors file, perhaps a model", "name a file of data"}},
    {0, MAGIC("%PDF"), {"a PDF document", "name a file of data"}},
    {0, MAGIC("\177ELF"), {"a program", "name a file of data"}},
    {0, MAGIC("P4\n"), {"a Netpbm picture (PBM)", PNG_REMEDY}},
    {0, MAGIC("P5\n"), {"a Netpbm picture (PGM)", PNG_REMEDY}},
    {0, MAGIC("P6\n"), {"a Netpbm picture (PPM)", PNG_REMEDY}},
#undef MAGIC
};

/* ---- Pictures that are text ---------------------------------------------------------------------- */

/* Past blanks, line ends and comments from '#' to the end of a line. */
static size_t skip_blanks(const unsigned char *head, size_t n, size_t i)
{
    while (i < n && (isspace(head[i]) || head[i] == '#'))
        if (head[i] == '#')
            while (i < n && head[i] != '\n')
                i++;
        else
            i++;
    return i;
}

static size_t skip_digits(const unsigned char *head, size_t n, size_t i)
{
    while (i < n && isdigit(head[i]))
        i++;
    return i;
}

/* P1 to P6, blanks, and the width and height in one line, where a column of the name P1 has one number a line; P7 has words. */
static bool is_netpbm(const unsigned char *head, size_t n)
{
    if (n > 9 && memcmp(head, "P7\nWIDTH ", 9) == 0)
        return true;
    if (n < 3 || head[0] != 'P' || head[1] < '1' || head[1] > '6' || !isspace(head[2]))
        return false;
    size_t width = skip_blanks(head, n, 2), end = skip_digits(head, n, width);
    return end > width && end + 1 < n && (head[end] == ' ' || head[end] == '\t') && isdigit(head[end + 1]);
}

/* Markup that holds <svg near its beginning. */
static bool is_svg(const unsigned char *head, size_t n)
{
    static const char tag[4] = "<svg";
    size_t i = n >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (i < n && isspace(head[i]))
        i++;
    if (i == n || head[i] != '<')
        return false;
    for (; i + sizeof tag <= n; i++)
        if (memcmp(head + i, tag, sizeof tag) == 0)
            return true;
    return false;
}

static const struct {
    bool (*sniff)(const unsigned char *head, size_t n);
    hm_stranger what;
} texts[] = {
    {is_netpbm, {"a Netpbm picture (PBM, PGM, PPM, PAM)", PNG_REMEDY}},
    {is_svg, {"an SVG drawing", PNG_REMEDY}},
};

const hm_stranger *hm_stranger_of_text(const unsigned char *head, size_t n)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].sniff(head, n))
            return &texts[i].what;
    return NULL;
}

const hm_stranger *hm_stranger_find(const unsigned char *head, size_t n)
{
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (strangers[i].offset + strangers[i].length <= n &&
            memcmp(head + strangers[i].offset, strangers[i].magic, strangers[i].length) == 0)
            return &strangers[i].what;
    return hm_stranger_of_text(head, n);
}
