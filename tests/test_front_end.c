/* Sound to frames: the numbers of sphinx_fe, counts of frames, differences, normalising, speeds, and memory that runs out. */
#include "data_files.h"

#include "front_end_reference.h"
#include "sound_files.h"

#include <harmonium/speech.h>

#include "base/alloc.h"
#include "speech/coefficients.h"
#include "speech/front_end.h"
#include "speech/sound.h"

typedef struct frames {
    float *x; /* [n][C] */
    size_t n, C;
} frames;

/* Of the sound in place->path; skips the test in a build without what it takes. */
static frames take(data_place *place, const char *front_end)
{
    hm_front_end_config config;
    frames f = {0};
    assert_int_equal(hm_front_end_parse(front_end, &config, &place->error), HM_OK);
    hm_status status = hm_sound_frames(place->context, &config, place->path, &f.x, &f.n, &f.C, &place->error);
    if (status == HM_ERROR_UNSUPPORTED) {
        assert_non_null(strstr(place->error.message, "build again"));
        close_place(place);
        skip();
    }
    if (status != HM_OK)
        fail_msg("%s", place->error.message);
    return f;
}

static void open_sound(data_place *place)
{
    int16_t *x = make_sound();
    open_place(place, 1, 1);
    write_wav(path_in(place, "x.wav"), x, SOUND_N, SOUND_RATE);
    free(x);
}

static void hold_against(const frames *f, const float *reference, size_t C, float tolerance)
{
    assert_int_equal(f->n, REFERENCE_FRAMES);
    assert_int_equal(f->C, C);
    for (size_t r = 0; r < REFERENCE_ROWS; r++)
        for (size_t i = 0; i < C; i++)
            assert_float_equal(f->x[reference_row[r] * C + i], reference[r * C + i], tolerance);
}

/* Over all frames 9e-5 in the bands and 5e-4 in the cepstra were seen: a transform of floats rounds in bands far below the loudest, and
 * the lifter multiplies by up to 12. Four digits of the record are 5e-5 more. */
static void test_reference(void **state)
{
    (void)state;
    data_place place;
    open_sound(&place);
    frames bands = take(&place, "kind=fbank"), cepstra = take(&place, "kind=mfcc");
    hold_against(&bands, reference_bands[0], REFERENCE_BANDS, 3e-4f);
    hold_against(&cepstra, reference_cepstra[0], REFERENCE_CEPSTRA, 1e-3f);
    hm_sound_frames_free(place.context, bands.x);
    hm_sound_frames_free(place.context, cepstra.x);
    close_place(&place);
}

/* As sphinx_fe counts: a last frame for what the whole windows leave, which is never nothing. */
static void test_counts(void **state)
{
    (void)state;
    static const size_t counts[][2] = {{0, 0}, {1, 1}, {409, 1}, {410, 2}, {569, 2}, {570, 3}, {12800, 79}, {64000, 399}};
    hm_front_end_config config;
    assert_int_equal(hm_front_end_parse("", &config, NULL), HM_OK);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        assert_int_equal(hm_front_end_n_frames(&config, counts[i][0]), counts[i][1]);
}

/* The formula over a copy with two frames more at each end. */
static void test_differences(void **state)
{
    (void)state;
    enum { N = 7 };
    for (size_t n = 1; n <= N; n++) {
        float x[N][2], longer[N + 4];
        for (size_t t = 0; t < n; t++)
            x[t][0] = (float)(t * t) - 3 * (float)(t % 3);
        for (size_t t = 0; t < n + 4; t++)
            longer[t] = x[t < 2 ? 0 : t - 2 < n ? t - 2 : n - 1][0];
        hm_differences(x[0], n, 1, 2, x[0] + 1);
        for (size_t t = 0; t < n; t++)
            assert_float_equal(x[t][1], (longer[t + 3] - longer[t + 1] + 2 * (longer[t + 4] - longer[t])) / 10, 1e-5f);
    }
}

/* Coefficients, their differences and those of the differences stand side by side in a frame. */
static void test_second_differences(void **state)
{
    (void)state;
    data_place place;
    open_sound(&place);
    frames plain = take(&place, "kind=mfcc"), all = take(&place, "kind=mfcc differences=2");
    float *first = calloc(plain.n * plain.C, sizeof *first), *second = calloc(plain.n * plain.C, sizeof *second);
    hm_differences(plain.x, plain.n, plain.C, plain.C, first);
    hm_differences(first, plain.n, plain.C, plain.C, second);
    assert_int_equal(all.C, 39);
    for (size_t t = 0; t < plain.n; t++)
        for (size_t i = 0; i < plain.C; i++) {
            assert_true(all.x[t * 39 + i] == plain.x[t * 13 + i]);
            assert_true(all.x[t * 39 + 13 + i] == first[t * 13 + i]);
            assert_true(all.x[t * 39 + 26 + i] == second[t * 13 + i]);
        }
    free(first);
    free(second);
    hm_sound_frames_free(place.context, plain.x);
    hm_sound_frames_free(place.context, all.x);
    close_place(&place);
}

static void test_normalise(void **state)
{
    (void)state;
    static const char *const ways[] = {"kind=fbank differences=1 normalise=utterance", "kind=fbank differences=1 normalise=speaker"};
    data_place place;
    open_sound(&place);
    for (size_t w = 0; w < 2; w++) {
        frames f = take(&place, ways[w]);
        for (size_t i = 0; i < f.C; i++) {
            double sum = 0, squares = 0;
            for (size_t t = 0; t < f.n; t++) {
                sum += (double)f.x[t * f.C + i];
                squares += (double)f.x[t * f.C + i] * (double)f.x[t * f.C + i];
            }
            assert_true(fabs(sum / (double)f.n) < 1e-6); /* 8e-9 seen, and 6e-8 of the deviation: the rounding of floats */
            assert_true(fabs(squares / (double)f.n - 1) < 1e-5);
        }
        hm_sound_frames_free(place.context, f.x);
    }
    close_place(&place);
}

/* What does not vary becomes 0, whatever it is. */
static void test_flat(void **state)
{
    (void)state;
    float x[6] = {0.1f, 1, 0.1f, 2, 0.1f, 3};
    double sums[4] = {0};
    hm_moments_count(sums, x, 3, 2);
    hm_moments_apply(sums, 3, x, 3, 2);
    for (size_t t = 0; t < 3; t++) {
        assert_float_equal(x[2 * t], 0, 1e-7f);
        assert_float_equal(x[2 * t + 1], ((float)t - 1) * sqrtf(1.5f), 1e-6f);
    }
}

/* A tone of f Hz becomes one of f speed Hz, away from the ends; errors of 5e-5 of it seen. */
static void test_speed(void **state)
{
    (void)state;
    enum { N = 4000, EDGE = 100 };
    static const double speeds[] = {0.9, 1.1, 2};
    const double turn = 2 * acos(-1.0) * 1000 / SOUND_RATE;
    data_place place;
    open_place(&place, 1, 1);
    for (size_t s = 0; s < sizeof speeds / sizeof *speeds; s++) {
        hm_sound sound = {.n = N, .rate = SOUND_RATE, .samples = hm_alloc(place.context, N, sizeof(float), NULL)};
        for (size_t i = 0; i < N; i++)
            sound.samples[i] = (float)(1000 * sin(turn * (double)i));
        assert_int_equal(hm_sound_play(place.context, &sound, speeds[s], &place.error), HM_OK);
        assert_int_equal(sound.n, (size_t)(N / speeds[s] + 0.5));
        for (size_t i = EDGE; i + EDGE < sound.n; i++)
            assert_true(fabs((double)sound.samples[i] - 1000 * sin(turn * speeds[s] * (double)i)) < 1);
        hm_sound_clear(place.context, &sound);
    }
    close_place(&place);
}

/* Above half the rate nothing comes back as something else: 7000 Hz played twice as fast is silence. */
static void test_no_folding(void **state)
{
    (void)state;
    enum { N = 4000, EDGE = 100 };
    const double turn = 2 * acos(-1.0) * 7000 / SOUND_RATE;
    data_place place;
    open_place(&place, 1, 1);
    hm_sound sound = {.n = N, .rate = SOUND_RATE, .samples = hm_alloc(place.context, N, sizeof(float), NULL)};
    for (size_t i = 0; i < N; i++)
        sound.samples[i] = (float)(1000 * sin(turn * (double)i));
    assert_int_equal(hm_sound_play(place.context, &sound, 2, &place.error), HM_OK);
    for (size_t i = EDGE; i + EDGE < sound.n; i++)
        assert_true(fabsf(sound.samples[i]) < 1);
    hm_sound_clear(place.context, &sound);
    close_place(&place);
}

/* Rising, within the edges. */
static void test_centres(void **state)
{
    (void)state;
    hm_front_end_config config;
    double hertz[40];
    assert_int_equal(hm_front_end_parse("", &config, NULL), HM_OK);
    hm_front_end_centres(&config, hertz);
    for (size_t b = 1; b < 40; b++)
        assert_true(hertz[b] > hertz[b - 1]);
    assert_true(hertz[0] > 130 && hertz[39] < 6800);
}

static void test_text(void **state)
{
    (void)state;
    static const char *const said[][2] = {{"", "kind=fbank"},
                                          {" bands=40  kind=mfcc\n", "kind=mfcc"},
                                          {"kind=fbank bands=24 normalise=speaker speed=1.1", "kind=fbank bands=24 normalise=speaker speed=1.1"}};
    hm_front_end_config config;
    char text[HM_TEXT_MAX];
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        assert_int_equal(hm_front_end_parse(said[i][0], &config, NULL), HM_OK);
        assert_int_equal(hm_front_end_print(&config, text, sizeof text), strlen(said[i][1]));
        assert_string_equal(text, said[i][1]);
    }
    assert_int_equal(hm_front_end_print(&config, text, 5), strlen(said[2][1])); /* as snprintf */
    assert_string_equal(text, "kind");
}

static void test_faults_of_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        hm_status status;
        const char *says;
    } faults[] = {
        {"kind", HM_ERROR_ARGUMENT, "name=value"},
        {"band=40", HM_ERROR_NOT_FOUND, "bands"},
        {"kind=sound", HM_ERROR_ARGUMENT, "fbank"},
        {"fft=256", HM_ERROR_ARGUMENT, "window of 410 samples"},
        {"upper=9000", HM_ERROR_ARGUMENT, "8000 Hz"},
        {"lower=7000", HM_ERROR_ARGUMENT, "must rise"},
        {"step=30", HM_ERROR_ARGUMENT, "passed over"},
        {"kind=mfcc bands=10", HM_ERROR_ARGUMENT, "at most as many as bands"},
    };
    hm_front_end_config config;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        hm_error error = {0};
        assert_int_equal(hm_front_end_parse(faults[i].text, &config, &error), faults[i].status);
        if (!strstr(error.message, faults[i].says))
            fail_msg("\"%s\" does not say \"%s\"", error.message, faults[i].says);
    }
}

/* Every allocation fails once, and nothing is left behind. */
static void test_memory(void **state)
{
    (void)state;
    data_place place;
    hm_front_end_config config;
    open_sound(&place);
    frames f = take(&place, "kind=fbank");
    hm_sound_frames_free(place.context, f.x);
    assert_int_equal(hm_front_end_parse("kind=mfcc differences=1 normalise=utterance speed=1.1", &config, NULL), HM_OK);
    size_t n_live = place.memory.n_live;
    hm_status status = HM_ERROR_MEMORY;
    size_t fail_at = 0;
    while (status == HM_ERROR_MEMORY) {
        place.memory.n_asked = 0;
        place.memory.fail_at = ++fail_at;
        status = hm_sound_frames(place.context, &config, place.path, &f.x, &f.n, &f.C, &place.error);
        assert_true(status == HM_OK || (!f.x && place.memory.n_live == n_live));
    }
    assert_int_equal(status, HM_OK);
    assert_true(fail_at > 15);
    place.memory.fail_at = 0;
    hm_sound_frames_free(place.context, f.x);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),  cmocka_unit_test(test_counts), cmocka_unit_test(test_differences),
        cmocka_unit_test(test_second_differences), cmocka_unit_test(test_normalise), cmocka_unit_test(test_flat),
        cmocka_unit_test(test_speed),      cmocka_unit_test(test_no_folding), cmocka_unit_test(test_centres), cmocka_unit_test(test_text),
        cmocka_unit_test(test_faults_of_text), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
