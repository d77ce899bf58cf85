/* Reading sound. Everything that would give frames of something else than was said is refused, with the command that mends it:
 * among it samples of 8 bits, since their steps (256 of ours) are as loud as quiet speech and fill the weak bands with noise. */
#define _XOPEN_SOURCE 700 /* pread */
#include "speech/sound.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"

bool hm_sound_is_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name && (strcasecmp(dot, ".wav") == 0 || strcasecmp(dot, ".flac") == 0);
}

void hm_sound_clear(const hm_context *context, hm_sound *sound)
{
    hm_free(context, sound->samples);
    *sound = (hm_sound){0};
}

#ifdef HM_HAVE_SNDFILE

#include <inttypes.h>
#include <math.h>
#include <sndfile.h>
#include <unistd.h>

enum { HOURS_MAX = 4 };

/* ---- Before libsndfile sees it ---------------------------------------------------------------- */

static uint32_t little_endian(const unsigned char *b)
{
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* libsndfile silently takes what is there of a truncated WAV file, so the length that its data chunk claims is asked here. What has
 * no such chunk is left to libsndfile's own message. */
static hm_status check_wav_length(const char *path, int descriptor, uint64_t size, hm_error *error)
{
    unsigned char head[12];
    if (pread(descriptor, head, 12, 0) != 12 || memcmp(head, "RIFF", 4) != 0)
        return HM_OK;
    for (uint64_t at = 12; pread(descriptor, head, 8, (off_t)at) == 8;) {
        uint64_t length = little_endian(head + 4);
        if (memcmp(head, "data", 4) != 0)
            at += 8 + length + length % 2;
        else if (length <= size - at - 8)
            return HM_OK;
        else
            return hm_fail(error, HM_ERROR_FORMAT,
                           "%s: truncated: its header promises %" PRIu64 " bytes of sound and %" PRIu64 " are there; copy it again, or leave it out",
                           path, length, size - at - 8);
    }
    return HM_OK;
}

/* ---- What it holds ---------------------------------------------------------------------------- */

static bool is_known_format(int format)
{
    int major = format & SF_FORMAT_TYPEMASK;
    return major == SF_FORMAT_WAV || major == SF_FORMAT_WAVEX || major == SF_FORMAT_FLAC;
}

static bool is_fine_enough(int format)
{
    int minor = format & SF_FORMAT_SUBMASK;
    return minor == SF_FORMAT_PCM_16 || minor == SF_FORMAT_PCM_24 || minor == SF_FORMAT_PCM_32 || minor == SF_FORMAT_FLOAT;
}

static hm_status check_content(const char *path, const SF_INFO *info, int64_t rate, hm_error *error)
{
    if (!is_known_format(info->format))
        return hm_fail(error, HM_ERROR_FORMAT, "%s: neither WAV nor FLAC; turn it into one, as with: sox IN OUT.wav", path);
    if (info->channels != 1)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: has %d channels, and one is wanted; mix them, as with: sox IN OUT.wav remix -", path,
                       info->channels);
    if (!is_fine_enough(info->format))
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s: its samples are coarser than 16 bits, whose rounding is as loud as quiet speech; record it again with 16 bits", path);
    if (info->samplerate != rate)
        return hm_fail(error, HM_ERROR_MISMATCH,
                       "%s: has %d samples a second, and the front end wants %" PRId64 "; resample it, as with: sox IN -r %" PRId64
                       " OUT.wav, or set rate",
                       path, info->samplerate, rate, rate);
    if (info->frames == 0)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: holds 0 samples; leave it out", path);
    if (info->frames < 0 || info->frames / rate >= (sf_count_t)HOURS_MAX * 3600)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: claims %" PRId64 " samples, more than %d hours; cut it into utterances", path,
                       (int64_t)info->frames, HOURS_MAX);
    return HM_OK;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static hm_status check_samples(const char *path, const hm_sound *sound, hm_error *error)
{
    for (size_t i = 0; i < sound->n; i++)
        if (!isfinite(sound->samples[i]))
            return hm_fail(error, HM_ERROR_FORMAT, "%s: sample %zu is no number; leave the file out", path, i);
    return HM_OK;
}

static hm_status read_samples(const hm_context *context, const char *path, SNDFILE *file, size_t n, hm_sound *sound, hm_error *error)
{
    const float range = 32768;
    sound->samples = hm_alloc(context, n, sizeof *sound->samples, error);
    if (!sound->samples)
        return HM_ERROR_MEMORY;
    sf_count_t n_read = sf_readf_float(file, sound->samples, (sf_count_t)n);
    if (sf_error(file) || n_read != (sf_count_t)n)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: damaged or truncated: of %zu samples %" PRId64 " can be read (%s); copy it again, or leave it out",
                       path, n, (int64_t)n_read, sf_error(file) ? sf_strerror(file) : "it ends there");
    sound->n = n;
    for (size_t i = 0; i < n; i++)
        sound->samples[i] *= range;
    return check_samples(path, sound, error);
}

/* A descriptor of its own, since libsndfile closes that of a file which it does not know even when told not to, and the number may by
 * then be another thread's. */
static SNDFILE *open_own(int descriptor, SF_INFO *info)
{
    int own = dup(descriptor);
    return own < 0 ? NULL : sf_open_fd(own, SFM_READ, info, SF_TRUE);
}

hm_status hm_sound_load(const hm_context *context, const char *path, int64_t rate, hm_sound *sound, hm_error *error)
{
    int descriptor;
    uint64_t size;
    SF_INFO info = {0};
    SNDFILE *file = NULL;
    *sound = (hm_sound){.rate = rate};
    hm_status status = hm_file_open(path, "read", &descriptor, &size, error);
    if (status != HM_OK)
        return status;
    status = check_wav_length(path, descriptor, size, error);
    if (status == HM_OK && !(file = open_own(descriptor, &info)))
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: is no sound that can be read (%s); WAV and FLAC files can", path, sf_strerror(NULL));
    if (status == HM_OK)
        status = check_content(path, &info, rate, error);
    if (status == HM_OK)
        status = read_samples(context, path, file, (size_t)info.frames, sound, error);
    if (file)
        sf_close(file);
    close(descriptor);
    if (status != HM_OK)
        hm_sound_clear(context, sound);
    return status;
}

#else

hm_status hm_sound_load(const hm_context *context, const char *path, int64_t rate, hm_sound *sound, hm_error *error)
{
    (void)context, (void)rate;
    *sound = (hm_sound){0};
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "%s: this build lacks libsndfile; install libsndfile1-dev and build again", path);
}

#endif
