/* JPEG files: as one picture in its own colours, in grey and resized, and as a contact sheet. */
#include "fuzz_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < 3 || memcmp(bytes, "\xff\xd8\xff", 3) != 0)
        return 0;
    const char *path = fuzz_file(bytes, n);
    if (fuzz_open(path, NULL, 0) != HM_OK)
        return 0;
    fuzz_open(path, (const char *[]){"grey", "yes", "resize", "3x5", NULL}, 0);
    fuzz_open(path, (const char *[]){"tile", "2", "resize", "3x1", NULL}, 0);
    return 0;
}
