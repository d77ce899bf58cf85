/* Whitening and local contrast: spectra, means, what they do at borders and to flat pictures. */
#include "data_files.h"

#include <math.h>

#include <harmonium/random.h>

#include "data/filter.h"

static float *random_picture(size_t n, uint64_t seed)
{
    const hm_random random = {.seed = seed, .purpose = HM_RANDOM_USER};
    float *x = malloc(n * sizeof *x);
    hm_random_fill_normal(&random, 0, 0, n, x);
    return x;
}

/* The amplitude of the cosine of k cycles down and l half cycles across, straight from the definition. */
static double amplitude(const float *x, size_t height, size_t width, size_t k, size_t l)
{
    const double pi = acos(-1.0);
    double sum = 0;
    for (size_t i = 0; i < height; i++) {
        double row = 0;
        for (size_t j = 0; j < width; j++)
            row += (double)x[i * width + j] * cos(pi * (double)l * ((double)j + 0.5) / (double)width);
        sum += row * cos(pi * (double)k * ((double)i + 0.5) / (double)height);
    }
    return sum;
}

static double frequency(size_t height, size_t width, size_t k, size_t l)
{
    return hypot((double)k / (2.0 * (double)height), (double)l / (2.0 * (double)width));
}

static double mean_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum / (double)n;
}

static double rms_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum / (double)n);
}

static hm_whitener *open_whitener(data_place *place, size_t n)
{
    hm_whitener *w;
    hm_status status = hm_whitener_create(place->context, NULL, n, &w, &place->error);
    if (status == HM_ERROR_UNSUPPORTED) {
        assert_non_null(strstr(place->error.message, "libfftw3-dev"));
        close_place(place);
        skip();
    }
    assert_int_equal(status, HM_OK);
    return w;
}

/* Every coefficient of white noise is multiplied by the response, whatever the sizes. */
static void test_response(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 1}, {1, 9}, {7, 1}, {8, 8}, {13, 6}};
    data_place place;
    open_place(&place, 1, 1);
    hm_whitener *w = open_whitener(&place, 13 * 9);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t h = sizes[s][0], v = sizes[s][1];
        float *x = random_picture(h * v, s + 1), *y = malloc(h * v * sizeof *y);
        memcpy(y, x, h * v * sizeof *y);
        assert_true(hm_whitener_apply(w, h, v, y));
        assert_true(fabs(mean_of(y, h * v)) < 1e-7); /* 5e-9 seen */
        for (size_t k = 0; k < h; k++)
            for (size_t l = 0; l < v; l++) {
                double f = frequency(h, v, k, l), wanted = amplitude(x, h, v, k, l) * f * exp(-pow(f / 0.4, 4));
                assert_true(fabs(amplitude(y, h, v, k, l) - wanted) < 4e-6); /* 4e-7 seen: roundings of floats */
            }
        free(x);
        free(y);
    }
    hm_whitener_destroy(w);
    close_place(&place);
}

/* A picture whose amplitudes are 1/f has those of exp(-(f/0.4)^4) when it is whitened: up to f = 0.2 they are even
 * within 7 % (6 % seen), which is the low pass. */
static void test_one_over_f_becomes_flat(void **state)
{
    (void)state;
    enum { N = 32 };
    const double pi = acos(-1.0);
    data_place place;
    open_place(&place, 1, 1);
    hm_whitener *w = open_whitener(&place, N * N);
    float *x = calloc(N * N, sizeof *x);
    for (size_t k = 0; k < N; k++)
        for (size_t l = k == 0; l < N; l++)
            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < N; j++)
                    x[i * N + j] += (float)(((k * 31 + l * 17) % 2 ? 1 : -1) / frequency(N, N, k, l) *
                                            cos(pi * (double)k * ((double)i + 0.5) / N) * cos(pi * (double)l * ((double)j + 0.5) / N));
    assert_true(hm_whitener_apply(w, N, N, x));
    assert_true(fabs(mean_of(x, N * N)) < 1e-5 * rms_of(x, N * N));
    for (size_t k = 1; k < N; k++)
        for (size_t l = 1; l < N; l++) {
            double even = 4 * fabs(amplitude(x, N, N, k, l)) / (N * N), f = frequency(N, N, k, l);
            assert_true(fabs(even - exp(-pow(f / 0.4, 4))) < 2e-5); /* 3e-6 seen: x is a sum of floats */
            assert_true(f > 0.2 || fabs(even - 1) < 0.07);
        }
    free(x);
    hm_whitener_destroy(w);
    close_place(&place);
}

/* ---- Contrast --------------------------------------------------------------------------------- */

/* The equations as they stand, in double, with the window in two dimensions. */
static void contrast_by_definition(size_t h, size_t w, const float *x, double *y)
{
    double *v = malloc(h * w * sizeof *v), *d = malloc(h * w * sizeof *d), *sorted = malloc(h * w * sizeof *d);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < (int)h; i++)
            for (int j = 0; j < (int)w; j++) {
                double sum = 0, weights = 0;
                for (int k = i - 12; k <= i + 12; k++)
                    for (int l = j - 12; l <= j + 12; l++) {
                        if (k < 0 || l < 0 || k >= (int)h || l >= (int)w)
                            continue;
                        double g = exp(-((k - i) * (k - i) + (l - j) * (l - j)) / 32.0);
                        double value = pass == 0 ? (double)x[k * (int)w + l] : v[k * (int)w + l] * v[k * (int)w + l];
                        sum += g * value;
                        weights += g;
                    }
                if (pass == 0)
                    v[i * (int)w + j] = (double)x[i * (int)w + j] - sum / weights;
                else
                    d[i * (int)w + j] = sqrt(sum / weights);
            }
    memcpy(sorted, d, h * w * sizeof *d);
    for (size_t i = 1; i < h * w; i++)
        for (size_t j = i; j > 0 && sorted[j] < sorted[j - 1]; j--) {
            double smaller = sorted[j];
            sorted[j] = sorted[j - 1];
            sorted[j - 1] = smaller;
        }
    double least = sorted[(size_t)(0.3 * (double)(h * w - 1))];
    for (size_t i = 0; i < h * w; i++)
        y[i] = v[i] / fmax(d[i], least);
    free(v);
    free(d);
    free(sorted);
}

static void test_contrast_by_definition(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 2}, {5, 3}, {13, 14}, {31, 40}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t h = sizes[s][0], w = sizes[s][1];
        float *x = random_picture(h * w, 40 + s), *scratch = malloc(HM_CONTRAST_SCRATCH(h * w) * sizeof *scratch);
        double *wanted = malloc(h * w * sizeof *wanted);
        for (size_t i = 0; i < h * w; i++)
            x[i] = x[i] * (1 + (float)(i % w)) + 100; /* louder to the right, on a pedestal */
        contrast_by_definition(h, w, x, wanted);
        hm_contrast_normalise(h, w, x, scratch);
        for (size_t i = 0; i < h * w; i++)
            assert_true(fabs((double)x[i] - wanted[i]) < 1e-5); /* 7e-7 seen */
        hm_contrast_scale(x, h * w, 0.667f);
        assert_true(fabs(rms_of(x, h * w) - 0.667) < 1e-5);
        free(x);
        free(scratch);
        free(wanted);
    }
}

/* A flat picture is 0, and flat parts do not become loud roundings. */
static void test_flat_pictures(void **state)
{
    (void)state;
    enum { H = 40, W = 60 };
    float *x = malloc(H * W * sizeof *x), *scratch = malloc(HM_CONTRAST_SCRATCH(H * W) * sizeof *scratch);
    for (size_t i = 0; i < H * W; i++)
        x[i] = 0.3f;
    hm_contrast_normalise(H, W, x, scratch);
    hm_contrast_scale(x, H * W, 0.667f);
    for (size_t i = 0; i < H * W; i++)
        assert_true(x[i] == 0);
    for (size_t i = 0; i < H * W; i++)
        x[i] = i % W < 2 ? (float)(i % 3) : 0.3f; /* all that varies is at the left border */
    hm_contrast_normalise(H, W, x, scratch);
    for (size_t i = 0; i < H * W; i++)
        assert_true(isfinite(x[i]) && (i % W < 28 || fabsf(x[i]) < 1e-3f)); /* beyond the window; 2e-4 seen: the rounding */
    free(x);
    free(scratch);
}

/* ---- Through the options ---------------------------------------------------------------------- */

static const char *write_pictures(data_place *place, uint32_t n, uint32_t side)
{
    size_t n_bytes = (size_t)n * side * side;
    const hm_random random = {.seed = 5, .purpose = HM_RANDOM_USER};
    unsigned char *bytes = malloc(n_bytes);
    for (size_t i = 0; i < n_bytes; i++)
        bytes[i] = (unsigned char)(hm_random_bits(&random, i / 97, i % 97) & 255);
    write_idx(place, "pictures", 3, (uint32_t[]){n, side, side}, bytes, n_bytes);
    free(bytes);
    return place->path;
}

static void test_options(void **state)
{
    (void)state;
    enum { N = 5, SIDE = 12, AREA = SIDE * SIDE };
    data_place place;
    open_place(&place, 1, 2);
    const char *path = write_pictures(&place, N, SIDE);
    hm_dataset *plain = open_set(&place, path);
    set_option(&place, "contrast", "0.667");
    hm_dataset *even = open_set(&place, path);
    float *values = read_all(even);
    for (size_t i = 0; i < N; i++)
        assert_true(fabs(rms_of(values + i * AREA, AREA) - 0.667) < 1e-5);
    free(values);
    assert_string_not_equal(hm_dataset_fingerprint(even), hm_dataset_fingerprint(plain));
    assert_non_null(strstr(hm_dataset_preparation(even), "contrast = 0.667\n"));
    hm_dataset_close(even);
    hm_dataset_close(plain);
    set_option(&place, "whiten", "frequency");
    set_option(&place, "contrast", "0");
    skip_without(&place, path, "libfftw3-dev");
    hm_dataset *white = open_set(&place, path);
    values = read_all(white);
    for (size_t i = 0; i < N; i++)
        assert_true(fabs(mean_of(values + i * AREA, AREA)) < 1e-6 && rms_of(values + i * AREA, AREA) < 1);
    set_option(&place, "invert", "yes"); /* as if before */
    hm_dataset *inverted = open_set(&place, path);
    float *turned = read_all(inverted);
    for (size_t i = 0; i < N * AREA; i++)
        assert_true(turned[i] == -values[i]);
    free(turned);
    free(values);
    hm_dataset_close(inverted);
    hm_dataset_close(white);
    close_place(&place);
}

/* In colour each plane is a picture; on the disk they must fit as floats. */
static void test_colour_and_memory(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    const char *path = write_pictures(&place, 30, 120);
    set_option(&place, "whiten", "frequency");
    set_option(&place, "shape", "3x60x80");
    skip_without(&place, path, "libfftw3-dev");
    hm_dataset *set = open_set(&place, path);
    float *values = read_all(set);
    for (size_t i = 0; i < 90; i++)
        assert_true(fabs(mean_of(values + i * 4800, 4800)) < 1e-8); /* 2e-10 seen */
    free(values);
    hm_dataset_close(set);
    set_option(&place, "memory", "1"); /* 1.7 MB as floats, 0.4 as bytes */
    refuse_with(&place, path, HM_ERROR_ARGUMENT, "as floats", "`memory`", NULL);
    set_option(&place, "memory", "0"); /* on the disk, and resized it does fit */
    refuse_with(&place, path, HM_ERROR_ARGUMENT, "`memory`", NULL);
    close_place(&place);
}

/* Padding is 0, and what is in its middle is filtered as if it were alone. */
static void test_padding(void **state)
{
    (void)state;
    data_place place;
    unsigned char pixels[35];
    for (int i = 0; i < 35; i++)
        pixels[i] = (unsigned char)(i * i % 251);
    open_place(&place, 1, 1);
    assert_int_equal(mkdir(path_in(&place, "set"), 0700), 0);
    write_grey_png(&place, "set/a.png", 5, 7, pixels);
    write_grey_png(&place, "set/b.png", 9, 3, pixels);
    const char *path = path_in(&place, "set");
    set_option(&place, "fit", "pad");
    set_option(&place, "contrast", "1");
    skip_without(&place, path, "libpng");
    hm_dataset *set = open_set(&place, path);
    float *values = read_all(set);
    reset_options(&place);
    set_option(&place, "contrast", "1");
    hm_dataset *alone = open_set(&place, write_grey_png(&place, "a.png", 5, 7, pixels));
    float *wanted = read_all(alone);
    expect_shape(set, 2, 7, 9);
    for (size_t y = 0; y < 7; y++)
        for (size_t x = 0; x < 9; x++)
            assert_true(values[y * 9 + x] == (x < 2 || x >= 7 ? 0 : wanted[y * 5 + x - 2]));
    free(wanted);
    free(values);
    hm_dataset_close(alone);
    hm_dataset_close(set);
    close_place(&place);
}

static void test_refusals(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    set_option(&place, "contrast", "1");
    refuse_with(&place, write_text(&place, "a.csv", "1,2\n3,4\n"), HM_ERROR_MISMATCH, "contrast", "no pictures", NULL);
    place.config.contrast = NAN;
    refuse_with(&place, path_in(&place, "a.csv"), HM_ERROR_ARGUMENT, "contrast", NULL);
    set_option(&place, "contrast", "0");
    set_option(&place, "whiten", "frequency");
    refuse_with(&place, path_in(&place, "a.csv"), HM_ERROR_MISMATCH, "whiten", "no pictures", NULL);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_response),
        cmocka_unit_test(test_one_over_f_becomes_flat),
        cmocka_unit_test(test_contrast_by_definition),
        cmocka_unit_test(test_flat_pictures),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_colour_and_memory),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
