/* NPY files: in memory, from the file, standardised. */
#include "fuzz_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < 6 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return 0;
    const char *path = fuzz_file(bytes, n);
    if (fuzz_open(path, NULL, 0) == HM_OK)
        fuzz_open(path, (const char *[]){"standardise", "yes", NULL}, 1);
    fuzz_open(path, (const char *[]){"memory", "0", NULL}, 1); /* a NaN is then found by reading */
    return 0;
}
