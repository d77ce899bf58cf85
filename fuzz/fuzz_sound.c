/* Sound files, and the frames made of them: numbers, or a refusal. */
#include "fuzz_data.h"

#include <harmonium/speech.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const front_ends[] = {"kind=fbank", "kind=mfcc differences=2 normalise=utterance"};
    const char *path = fuzz_file(bytes, n);
    for (size_t k = 0; k < sizeof front_ends / sizeof *front_ends; k++) {
        hm_front_end_config config;
        hm_error error = {0};
        float *frames;
        size_t n_frames, n_coefficients;
        EXPECT(hm_front_end_parse(front_ends[k], &config, &error) == HM_OK);
        hm_status status = hm_sound_frames(fuzz_context(), &config, path, &frames, &n_frames, &n_coefficients, &error);
        EXPECT((status == HM_OK) == (frames != NULL) && (status == HM_OK || error.message[0]));
        for (size_t i = 0; status == HM_OK && i < n_frames * n_coefficients; i++)
            EXPECT(isfinite(frames[i]));
        hm_sound_frames_free(fuzz_context(), frames);
    }
    return 0;
}
