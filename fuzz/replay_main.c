/* Feeds every file of the folder named on the command line to a fuzz target, without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { INPUT_MAX = 1 << 20 };

static int replay(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return 0;
    uint8_t *bytes = malloc(INPUT_MAX);
    size_t n = bytes ? fread(bytes, 1, INPUT_MAX, stream) : 0;
    fclose(stream);
    if (bytes)
        LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
    return bytes != NULL;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    int n_replayed = 0;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            n_replayed += replay(argv[1], entry->d_name);
    closedir(folder);
    printf("%d inputs replayed\n", n_replayed);
    return n_replayed > 0 ? 0 : 1;
}
