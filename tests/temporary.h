/* Names for the files of a test, where TMPDIR says. */
#ifndef HM_TESTS_TEMPORARY_H
#define HM_TESTS_TEMPORARY_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEMPORARY_MAX = 1024 };

static inline const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

/* A pattern for mkstemp and mkdtemp. */
static inline char *temporary_pattern(char path[TEMPORARY_MAX])
{
    int n = snprintf(path, TEMPORARY_MAX, "%s/harmonium-test-XXXXXX", temporary_folder());
    if (n < 0 || n >= TEMPORARY_MAX)
        abort();
    return path;
}

/* An empty file of a new name. */
static inline void temporary_file(char path[TEMPORARY_MAX])
{
    int descriptor = mkstemp(temporary_pattern(path));
    if (descriptor < 0)
        abort();
    close(descriptor);
}

#endif
