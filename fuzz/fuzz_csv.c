/* CSV files, as cases, as labels of themselves, and with a column of classes. */
#include "fuzz_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
        return 0; /* gzip is fuzzed with IDX */
    const char *path = fuzz_file(bytes, n);
    if (fuzz_open(path, NULL, 0) == HM_OK)
        fuzz_open(path, (const char *[]){"labels", path, "classes", "0-3", NULL}, 0);
    fuzz_open(path, (const char *[]){"label-column", "last", NULL}, 0);
    fuzz_open(path, (const char *[]){"label-column", "kind", "labels", path, NULL}, 0);
    return 0;
}
