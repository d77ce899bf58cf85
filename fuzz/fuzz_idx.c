/* IDX files, plain and gzip: as cases in memory, as cases read from the file, and as labels of
 * themselves. */
#include "fuzz_data.h"

static int is_idx(const uint8_t *bytes, size_t n)
{
    return n >= 2 && ((bytes[0] == 0 && bytes[1] == 0) || (bytes[0] == 0x1f && bytes[1] == 0x8b));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (!is_idx(bytes, n))
        return 0;
    const char *path = fuzz_file(bytes, n);
    if (fuzz_open(path, NULL, 0) != HM_OK)
        return 0;
    fuzz_open(path, (const char *[]){"memory", "0", "resize", "3x2", NULL}, 1);
    fuzz_open(path, (const char *[]){"labels", path, "binarise", "sample", NULL}, 1);
    return 0;
}
