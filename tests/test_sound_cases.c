/* Sounds as a network sees them, against the data room's reading of the same frames from a file. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <harmonium/harmonium.h>
#include <harmonium/hmm.h>

#include "counted_memory.h"
#include "sound_files.h"
#include "speech_files.h"

enum { BANDS = 12, AROUND = 40, WINDOW = (2 * AROUND + 1) * BANDS }; /* windows wider than the sound, whose frames are 36 */
static const char preparation[] = "front-end = kind=fbank bands=12\ncontext = 40\n";

/* Senones 0 .. n_classes - 1 of windows of the front end. */
static hm_model *make_net(const hm_context *context, size_t n_classes, const char *text)
{
    const hm_layer layers[] = {hm_layer_of(HM_UNIT_GAUSSIAN, WINDOW, 1), hm_layer_of(HM_UNIT_SOFTMAX, n_classes, (int)n_classes)};
    hm_model *model;
    assert_int_equal(hm_model_create_stack(context, HM_MODEL_NET, layers, 2, n_classes, &model, NULL), HM_OK);
    assert_int_equal(hm_model_set_text(model, &model->preparation, text, NULL), HM_OK);
    return model;
}

#if defined HM_HAVE_SNDFILE && defined HM_HAVE_FFTW
static void make_wav(char path[TEMPORARY_MAX])
{
    int16_t *samples = make_sound();
    temporary_file(path);
    write_wav(path, samples, SOUND_N, SOUND_RATE);
    free(samples);
}

/* The frames as files, from which the data room makes windows: out[n][WINDOW]. */
static void read_windows(const hm_context *context, const char *wav, size_t n, float *out)
{
    char frames_path[TEMPORARY_MAX], sequences_path[TEMPORARY_MAX], line[64], around[8];
    hm_front_end_config front_end;
    hm_data_config config;
    hm_dataset *set;
    float *frames;
    size_t n_frames, n_bands;
    temporary_file(frames_path);
    temporary_file(sequences_path);
    assert_int_equal(hm_front_end_parse("kind=fbank bands=12", &front_end, NULL), HM_OK);
    assert_int_equal(hm_sound_frames(context, &front_end, wav, &frames, &n_frames, &n_bands, NULL), HM_OK);
    assert_int_equal(n_frames, n);
    assert_int_equal(hm_matrix_save_npy(hm_matrix_f32(frames, n_frames, n_bands), frames_path, NULL), HM_OK);
    snprintf(line, sizeof line, "one ann %zu\n", n_frames);
    snprintf(around, sizeof around, "%d", AROUND);
    write_text(sequences_path, line);
    hm_options_init(&hm_data_options, &config);
    assert_int_equal(hm_options_set(&hm_data_options, &config, "data", frames_path, NULL), HM_OK);
    assert_int_equal(hm_options_set(&hm_data_options, &config, "sequences", sequences_path, NULL), HM_OK);
    assert_int_equal(hm_options_set(&hm_data_options, &config, "context", around, NULL), HM_OK);
    assert_int_equal(hm_dataset_open(context, &config, &set, NULL, NULL), HM_OK);
    assert_int_equal(hm_dataset_read(set, NULL, 0, n, 0, hm_matrix_f32(out, n, WINDOW), NULL), HM_OK);
    hm_dataset_close(set);
    hm_sound_frames_free(context, frames);
    unlink(frames_path);
    unlink(sequences_path);
}

static void windows_are_those_of_the_data_room(void **state)
{
    (void)state;
    char wav[TEMPORARY_MAX];
    float shift[WINDOW], spread[WINDOW], *cases, *standard;
    hm_context *context;
    size_t n;
    make_wav(wav);
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    hm_model *model = make_net(context, 6, preparation);
    assert_int_equal(hm_sound_cases(model, NULL, wav, &cases, &n, NULL), HM_OK);
    float *wanted = malloc(n * WINDOW * sizeof *wanted);
    read_windows(context, wav, n, wanted);
    assert_memory_equal(cases, wanted, n * WINDOW * sizeof *wanted);
    for (size_t i = 0; i < WINDOW; i++) {
        shift[i] = (float)i;
        spread[i] = i % 2 ? 2 : 0.5f;
    }
    assert_int_equal(hm_model_set_standardising(model, shift, spread, NULL), HM_OK);
    assert_int_equal(hm_sound_cases(model, NULL, wav, &standard, &n, NULL), HM_OK);
    for (size_t i = 0; i < n * WINDOW; i++)
        assert_true(standard[i] == (cases[i] - shift[i % WINDOW]) / spread[i % WINDOW]);
    free(wanted);
    hm_sound_frames_free(context, cases);
    hm_sound_frames_free(context, standard);
    hm_model_destroy(model);
    hm_context_destroy(context);
    unlink(wav);
}

/* Two sounds of one voice, the second half as loud: together their frames have mean 0 and deviation 1, which each alone has not; a
 * voice that is one sound is that sound. */
static void sounds_of_one_voice_are_normalised_together(void **state)
{
    (void)state;
    static const char normalised[] = "front-end = kind=fbank bands=12 normalise=speaker\ncontext = 40\n";
    char wav[2][TEMPORARY_MAX];
    hm_context *context;
    hm_front_end_config front_end;
    hm_voice voice = {0};
    double sum[BANDS] = {0}, squares[BANDS] = {0};
    size_t n, n_all = 0;
    int16_t *samples = make_sound();
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; k == 1 && i < SOUND_N; i++)
            samples[i] = (int16_t)(samples[i] / 2);
        temporary_file(wav[k]);
        write_wav(wav[k], samples, SOUND_N, SOUND_RATE);
    }
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    hm_model *model = make_net(context, 6, normalised);
    assert_int_equal(hm_front_end_parse("kind=fbank bands=12 normalise=speaker", &front_end, NULL), HM_OK);
    float *alone, *voiced;
    assert_int_equal(hm_voice_add(context, &front_end, wav[0], &voice, NULL), HM_OK);
    assert_int_equal(hm_sound_cases(model, NULL, wav[0], &alone, &n, NULL), HM_OK);
    assert_int_equal(hm_sound_cases(model, &voice, wav[0], &voiced, &n, NULL), HM_OK);
    assert_memory_equal(alone, voiced, n * WINDOW * sizeof *alone);
    hm_sound_frames_free(context, voiced);
    assert_int_equal(hm_voice_add(context, &front_end, wav[1], &voice, NULL), HM_OK);
    for (int k = 0; k < 2; k++) {
        assert_int_equal(hm_sound_cases(model, &voice, wav[k], &voiced, &n, NULL), HM_OK);
        for (size_t t = 0; t < n; t++)
            for (size_t b = 0; b < BANDS; b++) {
                double x = (double)voiced[t * WINDOW + AROUND * BANDS + b];
                sum[b] += x;
                squares[b] += x * x;
            }
        n_all += n;
        if (k == 0)
            assert_memory_not_equal(alone, voiced, n * WINDOW * sizeof *alone);
        hm_sound_frames_free(context, voiced);
    }
    assert_int_equal(voice.n_frames, n_all);
    for (size_t b = 0; b < BANDS; b++) {
        assert_float_equal(sum[b] / (double)n_all, 0, 1e-4);
        assert_float_equal(squares[b] / (double)n_all, 1, 1e-3);
    }
    hm_sound_frames_free(context, alone);
    hm_voice_clear(context, &voice);
    hm_model_destroy(model);
    hm_context_destroy(context);
    free(samples);
    unlink(wav[0]);
    unlink(wav[1]);
}

static void models_of_other_frames_are_refused(void **state)
{
    (void)state;
    const struct {
        const char *preparation, *message;
    } refused[] = {{"", "does not know a front end"},
                   {"front-end = kind=fbank bands=12\ncontext = 40\nscale = 2\n", "prepared with scale = 2 as well"},
                   {"front-end = kind=fbank bands=13\ncontext = 40\n", "13 coefficients with 40 frames to each side"},
                   {"front-end = kind=none\n", "none"}};
    char wav[TEMPORARY_MAX];
    hm_context *context;
    make_wav(wav);
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        hm_error error;
        float *cases;
        size_t n;
        hm_model *model = make_net(context, 6, refused[i].preparation);
        assert_int_not_equal(hm_sound_cases(model, NULL, wav, &cases, &n, &error), HM_OK);
        assert_non_null(strstr(error.message, refused[i].message));
        assert_null(cases);
        hm_model_destroy(model);
    }
    hm_context_destroy(context);
    unlink(wav);
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    char wav[TEMPORARY_MAX];
    counted_memory memory = {0};
    const hm_context_config config = {.n_threads = 1, .backend = "plain", .allocator = counted_allocator(&memory)};
    hm_context *context;
    hm_status status = HM_ERROR_MEMORY;
    make_wav(wav);
    assert_int_equal(hm_context_create(&config, &context, NULL), HM_OK);
    hm_model *model = make_net(context, 6, preparation);
    size_t n_live = memory.n_live;
    for (size_t i = 1; i < 1000 && status == HM_ERROR_MEMORY; i++) {
        float *cases;
        size_t n;
        memory.n_asked = 0;
        memory.fail_at = i;
        status = hm_sound_cases(model, NULL, wav, &cases, &n, NULL);
        hm_sound_frames_free(context, cases);
        assert_int_equal(memory.n_live, n_live);
    }
    assert_int_equal(status, HM_OK);
    hm_model_destroy(model);
    hm_context_destroy(context);
    unlink(wav);
}
#endif

/* With parameters of zero the six classes are equally probable, and the tiny definition gives three of them to A and three to B. */
static void posteriors_of_phones_are_sums_over_their_senones(void **state)
{
    (void)state;
    tiny_files files;
    hm_context *context;
    hm_definition *definition;
    float share[6] = {0.5f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f}, posterior[2][3];
    float *cases = calloc(2 * WINDOW, sizeof *cases);
    make_tiny_files(&files);
    assert_int_equal(hm_context_create(NULL, &context, NULL), HM_OK);
    assert_int_equal(hm_definition_load(context, files.definition, &definition, NULL), HM_OK);
    hm_model *model = make_net(context, 6, preparation);
    hm_matrix v = hm_matrix_f32(cases, 2, WINDOW), p = hm_matrix_f32(&posterior[0][0], 2, 3);
    hm_error error;
    assert_int_equal(hm_phone_posteriors(model, definition, v, p, &error), HM_ERROR_MISMATCH); /* it does not know its shares */
    model->class_share = share;
    assert_int_equal(hm_phone_posteriors(model, definition, v, p, &error), HM_OK);
    for (size_t t = 0; t < 2; t++) {
        assert_float_equal(posterior[t][0], 0.5, 1e-6);
        assert_float_equal(posterior[t][1], 0.5, 1e-6);
        assert_true(posterior[t][2] == 0);
    }
    assert_int_equal(hm_definition_phone_of(definition, 13), hm_definition_find_phone(definition, "B"));
    assert_int_equal(hm_definition_phone_of(definition, 99), HM_PHONE_NONE);
    model->class_share = NULL;
    hm_model_destroy(model);
    hm_definition_destroy(definition);
    hm_context_destroy(context);
    remove_tiny_files(&files);
    free(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#if defined HM_HAVE_SNDFILE && defined HM_HAVE_FFTW
        cmocka_unit_test(windows_are_those_of_the_data_room),
        cmocka_unit_test(sounds_of_one_voice_are_normalised_together),
        cmocka_unit_test(models_of_other_frames_are_refused),
        cmocka_unit_test(failing_allocations_leak_nothing),
#endif
        cmocka_unit_test(posteriors_of_phones_are_sums_over_their_senones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
