/* Whitening by the spectrum of a set: noise of a known spectrum, the table as text and in a model, which cases measure it. */
#include "data_files.h"

#include <math.h>

#include <harmonium/model.h>
#include <harmonium/random.h>

#include "data/filter.h"

enum { N = 60, SIDE = 24, AREA = SIDE * SIDE };

static const double pi = 3.14159265358979323846;

static double norm(size_t k)
{
    return sqrt((k ? 2.0 : 1.0) / SIDE);
}

/* basis[k][i]: the orthonormal cosines. */
static void fill_basis(double basis[SIDE][SIDE])
{
    for (size_t k = 0; k < SIDE; k++)
        for (size_t i = 0; i < SIDE; i++)
            basis[k][i] = norm(k) * cos(pi * (double)k * ((double)i + 0.5) / SIDE);
}

static double frequency(size_t k, size_t l)
{
    return hypot((double)k, (double)l) / (2.0 * SIDE);
}

/* Pictures of noise whose power is 1/f^2, times `power`, and whose mean is 3: cases[n][AREA]. */
static void add_noise(float *cases, size_t n, double power)
{
    const hm_random random = {.seed = 7, .purpose = HM_RANDOM_USER};
    static double basis[SIDE][SIDE];
    float normal[AREA];
    fill_basis(basis);
    for (size_t c = 0; c < n; c++) {
        double half[SIDE][SIDE] = {{0}};
        hm_random_fill_normal(&random, c, 0, AREA, normal);
        for (size_t k = 0; k < SIDE; k++)
            for (size_t l = 0; l < SIDE; l++) {
                double y = k + l ? sqrt(power) / frequency(k, l) * (double)normal[k * SIDE + l] : 3 * SIDE;
                for (size_t j = 0; j < SIDE; j++)
                    half[k][j] += y * basis[l][j];
            }
        for (size_t i = 0; i < SIDE; i++)
            for (size_t j = 0; j < SIDE; j++) {
                double sum = 0;
                for (size_t k = 0; k < SIDE; k++)
                    sum += half[k][j] * basis[k][i];
                cases[c * AREA + i * SIDE + j] = (float)sum;
            }
    }
}

/* The mean power at k, l of cases[n], straight from the definition. */
static double power_at(const float *cases, size_t n, double basis[SIDE][SIDE], size_t k, size_t l)
{
    double power = 0;
    for (size_t c = 0; c < n; c++) {
        double y = 0;
        for (size_t i = 0; i < SIDE; i++)
            for (size_t j = 0; j < SIDE; j++)
                y += (double)cases[c * AREA + i * SIDE + j] * basis[k][i] * basis[l][j];
        power += y * y / (double)n;
    }
    return power;
}

static const char *write_noise(data_place *place, const char *name, double power)
{
    float *cases = malloc(N * AREA * sizeof *cases);
    add_noise(cases, N, power);
    write_npy(place, name, "{'descr': '<f4', 'fortran_order': False, 'shape': (60, 24, 24), }", cases, N * AREA * sizeof *cases);
    free(cases);
    return place->path;
}

/* Opens training and held-out cases. */
static void open_both(data_place *place, const char *path, hm_dataset **train, hm_dataset **held_out)
{
    set_option(place, "data", path);
    if (hm_dataset_open(place->context, &place->config, train, held_out, &place->error) != HM_OK)
        fail_msg("%s", place->error.message);
}

/* The table in the preparation of a set. */
static void take_table(const hm_dataset *set, char text[HM_TEXT_MAX])
{
    const char *line = strstr(hm_dataset_preparation(set), "\nspectrum = ");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "\nspectrum = %1023[^\n]", text), 1);
}

/* Half the mean of 1/f^2 over all frequencies but 0. */
static double noise_of_definition(void)
{
    double sum = 0;
    for (size_t k = 0; k < SIDE; k++)
        for (size_t l = k == 0; l < SIDE; l++)
            sum += 1 / (frequency(k, l) * frequency(k, l));
    return 0.5 * sum / (AREA - 1);
}

/* ring[r]: the mean over frequencies of r to r + 1 half cycles of what cases[N] have of power against (S / (S + Q))^2, which
 * 1 / f^2 becomes; flat where S is large. */
static void measure_rings(const float *cases, double Q, double ring[SIDE])
{
    static double basis[SIDE][SIDE];
    double n[SIDE] = {0};
    fill_basis(basis);
    memset(ring, 0, SIDE * sizeof *ring);
    for (size_t k = 0; k < SIDE; k++)
        for (size_t l = k == 0; l < SIDE; l++) {
            double f = frequency(k, l), S = 1 / (f * f), wiener = S / (S + Q);
            size_t r = (size_t)(f * 2 * SIDE);
            if (r >= SIDE)
                continue;
            ring[r] += power_at(cases, N, basis, k, l) / (wiener * wiener);
            n[r]++;
        }
    assert_true(power_at(cases, N, basis, 0, 0) < 1e-8);
    for (size_t r = 1; r < SIDE; r++)
        ring[r] /= n[r];
}

static void test_noise_becomes_flat(void **state)
{
    (void)state;
    data_place place;
    hm_spectrum spectrum;
    char table[HM_TEXT_MAX];
    double ring[SIDE];
    open_place(&place, 1, 2);
    const char *path = write_noise(&place, "noise.npy", 1);
    set_option(&place, "whiten", "spectrum");
    skip_without(&place, path, "libfftw3-dev");
    hm_dataset *set = open_set(&place, path);
    float *white = read_all(set);
    take_table(set, table);
    assert_int_equal(hm_spectrum_parse(table, &spectrum, &place.error), HM_OK);
    double Q = (double)spectrum.noise;
    assert_true(fabs(Q / noise_of_definition() - 1) < 0.05); /* 0.8 % seen, of 60 cases */
    measure_rings(white, Q, ring);
    for (size_t r = 1; r < SIDE; r++)
        assert_true(fabs(ring[r] - 1) < 0.15); /* 10 % seen: half a bin, 9 %, and 60 cases */
    free(white);
    hm_dataset_close(set);
    close_place(&place);
}

/* Held-out cases of ten times the amplitude neither change the table nor are whitened by their own. */
static void test_held_out_cases(void **state)
{
    (void)state;
    data_place place;
    char table[HM_TEXT_MAX], same[HM_TEXT_MAX], other[HM_TEXT_MAX];
    hm_dataset *train, *held_out;
    open_place(&place, 1, 2);
    char quiet[sizeof place.path], loud[sizeof place.path];
    strcpy(loud, write_noise(&place, "loud.npy", 100));
    strcpy(quiet, write_noise(&place, "quiet.npy", 1));
    set_option(&place, "whiten", "spectrum");
    skip_without(&place, quiet, "libfftw3-dev");
    set_option(&place, "validation", "20");
    open_both(&place, quiet, &train, &held_out);
    take_table(train, table);
    take_table(held_out, same);
    assert_string_equal(table, same);
    hm_dataset *all = open_set(&place, quiet);
    take_table(all, other);
    assert_string_not_equal(table, other); /* of 60 cases, not of 40 */
    hm_dataset_close(all);
    hm_dataset_close(held_out);
    assert_int_equal(hm_preparation_read(hm_dataset_preparation(train), &place.config, &place.error), HM_OK);
    float *white = read_all(train);
    hm_dataset *again;
    open_both(&place, quiet, &again, &held_out);
    float *same_white = read_all(again);
    assert_memory_equal(white, same_white, 40 * AREA * sizeof *white); /* the same bits by the table as text */
    assert_string_equal(hm_dataset_fingerprint(train), hm_dataset_fingerprint(again));
    free(same_white);
    hm_dataset_close(held_out);
    hm_dataset *louder;
    open_both(&place, loud, &louder, &held_out);
    float *loud_white = read_all(louder);
    for (size_t i = 0; i < 40 * AREA; i++)
        assert_true(fabsf(loud_white[i] - 10 * white[i]) < 1e-3f);
    free(loud_white);
    free(white);
    hm_dataset_close(held_out);
    hm_dataset_close(louder);
    hm_dataset_close(again);
    hm_dataset_close(train);
    close_place(&place);
}

static void test_model_remembers(void **state)
{
    (void)state;
    data_place place;
    char table[HM_TEXT_MAX];
    hm_model *model, *loaded;
    hm_layer visible, hidden;
    hm_data_config config;
    open_place(&place, 1, 1);
    const char *path = write_noise(&place, "noise.npy", 1);
    set_option(&place, "whiten", "spectrum");
    skip_without(&place, path, "libfftw3-dev");
    hm_dataset *set = open_set(&place, path);
    take_table(set, table);
    assert_int_equal(hm_layer_parse("gaussian", AREA, &visible, &place.error), HM_OK);
    assert_int_equal(hm_layer_parse("2", 0, &hidden, &place.error), HM_OK);
    assert_int_equal(hm_model_create(place.context, HM_MODEL_RBM, 1, &visible, &hidden, &model, &place.error), HM_OK);
    assert_int_equal(hm_model_note_data(model, set, &place.error), HM_OK);
    assert_int_equal(hm_model_save(model, path_in(&place, "m.safetensors"), &place.error), HM_OK);
    assert_int_equal(hm_model_load(place.context, place.path, &loaded, &place.error), HM_OK);
    hm_options_init(&hm_data_options, &config);
    assert_int_equal(hm_preparation_read(loaded->preparation, &config, &place.error), HM_OK);
    assert_string_equal(config.spectrum, table);
    assert_int_equal(config.whiten, HM_WHITEN_SPECTRUM);
    hm_model_destroy(loaded);
    hm_model_destroy(model);
    hm_dataset_close(set);
    close_place(&place);
}

/* One table serves pictures of every size; where it was not measured it lies between its neighbours. */
static void test_gaps(void **state)
{
    (void)state;
    hm_spectrum_sums sums = {{0}, {0}};
    hm_spectrum spectrum, read;
    hm_error error;
    char text[HM_TEXT_MAX];
    assert_false(hm_spectrum_average(&sums, &spectrum));
    hm_spectrum_count(&sums, 0.5f, 4);
    hm_spectrum_count(&sums, 0.03125f, 1024);
    assert_true(hm_spectrum_average(&sums, &spectrum));
    assert_true(spectrum.noise == 257);
    for (float f = 0.7f; f > 1e-5f; f *= 0.9f) {
        double S = (double)(f > 0.5f ? 4 : f < 0.03125f ? 1024 : 1 / (f * f)), R = (double)hm_spectrum_gain(&spectrum, f);
        double low = sqrt(S) / (S + 257);
        assert_true(fabs(R / low - 1) < 0.1); /* 9 % seen: half a bin */
    }
    assert_true(hm_spectrum_gain(&spectrum, 0) == 0);
    for (size_t i = 0; i < HM_SPECTRUM_BINS; i++)
        spectrum.power[i] = 1.23456e-12f; /* the longest text */
    hm_spectrum_print(&spectrum, text, sizeof text);
    assert_int_equal(hm_spectrum_parse(text, &read, &error), HM_OK);
    assert_true(read.noise == 257 && fabsf(read.power[HM_SPECTRUM_BINS - 1] / 1.23456e-12f - 1) < 5e-5f); /* five digits */
}

static void test_refusals(void **state)
{
    (void)state;
    data_place place;
    unsigned char flat[3 * 16];
    char table[HM_TEXT_MAX];
    memset(flat, 77, sizeof flat);
    open_place(&place, 1, 1);
    const char *path = write_idx(&place, "flat", 3, (uint32_t[]){3, 4, 4}, flat, sizeof flat);
    set_option(&place, "whiten", "spectrum");
    skip_without(&place, path, "libfftw3-dev");
    refuse_with(&place, path, HM_ERROR_NUMERIC, "are flat", "leave `whiten` out", NULL);
    hm_spectrum spectrum = {.noise = 1};
    hm_spectrum_print(&spectrum, table, sizeof table - 8);
    set_option(&place, "spectrum", table);
    hm_dataset_close(open_set(&place, path)); /* all of it removed, but sound */
    size_t n = strlen(table);
    const char *const bad[] = {"1", "1,2,x", "nonsense", ",", "nan"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        set_option(&place, "spectrum", bad[i]);
        refuse_with(&place, path, HM_ERROR_ARGUMENT, "spectrum = ", "73 numbers", NULL);
    }
    static const char *const tails[] = {",0", ",", "x", "-"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        strcpy(table + n, tails[i]);
        set_option(&place, "spectrum", table);
        refuse_with(&place, path, HM_ERROR_ARGUMENT, "73 numbers", NULL);
    }
    table[n] = 0;
    table[0] = '0'; /* Q */
    set_option(&place, "spectrum", table);
    refuse_with(&place, path, HM_ERROR_ARGUMENT, "the first above 0", NULL);
    set_option(&place, "whiten", "none"); /* then it is nothing to the data */
    hm_dataset *set = open_set(&place, path);
    assert_null(strstr(hm_dataset_preparation(set), "spectrum"));
    hm_dataset_close(set);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise_becomes_flat),
        cmocka_unit_test(test_held_out_cases),
        cmocka_unit_test(test_model_remembers),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
