/* What the fuzz targets of the readers share: the input becomes a file in memory, is opened as a
 * data set, and all that a learner does with one is done. Any crash, leak or sanitizer report is
 * a finding, and so is a set that opens but breaks a promise of its header. */
#ifndef HM_FUZZ_DATA_H
#define HM_FUZZ_DATA_H

#define _GNU_SOURCE /* memfd_create */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <harmonium/data.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define EXPECT(condition) ((condition) ? (void)0 : abort())

/* One context for all inputs. A single thread: races are the business of ThreadSanitizer. */
static inline hm_context *fuzz_context(void)
{
    static hm_context *context;
    if (!context)
        EXPECT(hm_context_create(&(hm_context_config){.n_threads = 1, .seed = 1}, &context, NULL) ==
               HM_OK);
    return context;
}

/* The path of a file that holds the input, the same one every time. */
static inline const char *fuzz_file(const uint8_t *bytes, size_t n)
{
    static char path[64];
    static int descriptor = -1;
    if (descriptor < 0) {
        descriptor = memfd_create("input", 0);
        EXPECT(descriptor >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    }
    EXPECT(ftruncate(descriptor, 0) == 0);
    EXPECT(pwrite(descriptor, bytes, n, 0) == (ssize_t)n);
    return path;
}

/* A config with 8 MB of memory and up to four more options, "name", "value", ..., null. */
static inline hm_data_config fuzz_config(const char *path, const char *const *options)
{
    static hm_data_config config;
    hm_options_init(&hm_data_options, &config);
    EXPECT(hm_options_set(&hm_data_options, &config, "data", path, NULL) == HM_OK);
    EXPECT(hm_options_set(&hm_data_options, &config, "memory", "8", NULL) == HM_OK);
    for (; options && *options; options += 2)
        EXPECT(hm_options_set(&hm_data_options, &config, options[0], options[1], NULL) == HM_OK);
    return config;
}

/* Reads the first and the last cases, the moments and an order. Sets in memory can always be
 * read. */
static inline void fuzz_use(const hm_dataset *set, int may_fail)
{
    enum { VALUES_MAX = 1 << 16 };
    static float values[VALUES_MAX];
    hm_error error;
    size_t n = hm_dataset_n_cases(set), n_features = hm_dataset_n_features(set);
    size_t height = hm_dataset_height(set), width = hm_dataset_width(set);
    EXPECT(n > 0 && n_features > 0);
    EXPECT((height == 0 && width == 0) || height * width * hm_dataset_channels(set) == n_features);
    EXPECT(strlen(hm_dataset_fingerprint(set)) == 16);
    for (size_t i = 0; i < n && i < 1000; i++)
        EXPECT(hm_dataset_label(set, i) < (int32_t)hm_dataset_n_classes(set) ||
               hm_dataset_n_classes(set) == 0);
    if (n_features > VALUES_MAX || n > VALUES_MAX)
        return;
    size_t m = VALUES_MAX / n_features < n ? VALUES_MAX / n_features : n;
    for (size_t first = 0; first <= n - m; first += n - m > 0 ? n - m : 1) {
        hm_status status = hm_dataset_read(set, NULL, first, m, 0,
                                           hm_matrix_f32(values, m, n_features), &error);
        EXPECT(status == HM_OK || may_fail);
        for (size_t i = 0; status == HM_OK && i < m * n_features; i++)
            EXPECT(isfinite(values[i]));
    }
    uint32_t *order = malloc(n * sizeof *order);
    double *moments = malloc(2 * n_features * sizeof *moments);
    EXPECT(hm_dataset_order(set, 0, 7, order, &error) == HM_OK);
    hm_status status = hm_dataset_moments(set, moments, moments + n_features, &error);
    EXPECT(status == HM_OK || may_fail);
    free(moments);
    free(order);
}

/* Opens and uses; returns the status of opening. */
static inline hm_status fuzz_open(const char *path, const char *const *options, int may_fail)
{
    hm_dataset *set;
    hm_error error = {0};
    const hm_data_config config = fuzz_config(path, options);
    hm_status status = hm_dataset_open(fuzz_context(), &config, &set, NULL, &error);
    EXPECT((status == HM_OK) == (set != NULL));
    EXPECT(status == HM_OK || error.message[0] != 0);
    if (status == HM_OK)
        fuzz_use(set, may_fail);
    hm_dataset_close(set);
    return status;
}

#endif
