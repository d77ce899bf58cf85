/* Reading sound, in whatever form libsndfile reads. Everything that would give frames of something else than was said is refused, with
 * the command that mends it: among it samples of 8 bits in even steps, which (256 of ours) are as loud as quiet speech and fill the weak
 * bands with noise. Compression that loses something is warned of. */
#define _XOPEN_SOURCE 700 /* pread */
#include "speech/sound.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

const char *const hm_sound_endings[] = {".flac", ".wav", ".sph", ".nist", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64", ".rf64", NULL};

bool hm_sound_is_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (int i = 0; dot && dot != name && hm_sound_endings[i]; i++)
        if (strcasecmp(dot, hm_sound_endings[i]) == 0)
            return true;
    return false;
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

/* What programs write that do not know how long the sound will be, such as those that write to a pipe: ffmpeg, sox, and others 0. */
static bool is_unknown_length(uint32_t length, uint64_t rest)
{
    return length == UINT32_MAX || (length & 0xfffff000) == 0x7ffff000 || (length == 0 && rest > 0);
}

/* A file as libsndfile is to see it: where the length of the sound is unknown, with all that is there as its length. */
typedef struct view {
    int descriptor;
    sf_count_t size, at;
    uint64_t patched; /* where the length of the data stands; 0: nowhere that needs mending */
    unsigned char length[4];
} view;

/* libsndfile silently takes what is there of a truncated WAV file, so the length that its data chunk claims is asked here. What has
 * no such chunk is left to libsndfile's own message. */
static hm_status check_wav_length(const char *path, view *v, hm_error *error)
{
    unsigned char head[12];
    uint64_t size = (uint64_t)v->size;
    if (pread(v->descriptor, head, 12, 0) != 12 || memcmp(head, "RIFF", 4) != 0)
        return HM_OK;
    for (uint64_t at = 12; pread(v->descriptor, head, 8, (off_t)at) == 8;) {
        uint64_t length = little_endian(head + 4), rest = size - at - 8;
        if (memcmp(head, "data", 4) != 0) {
            at += 8 + length + length % 2;
            continue;
        }
        if (is_unknown_length((uint32_t)length, rest)) {
            v->patched = at + 4;
            for (int i = 0; i < 4; i++)
                v->length[i] = (unsigned char)((rest < INT32_MAX ? rest : INT32_MAX) >> 8 * i);
            return HM_OK;
        }
        return length <= rest ? HM_OK
                              : hm_fail(error, HM_ERROR_FORMAT,
                                        "%s: truncated: its header promises %" PRIu64 " bytes of sound and %" PRIu64
                                        " are there; copy it again, or leave it out",
                                        path, length, rest);
    }
    return HM_OK;
}

static sf_count_t view_size(void *user)
{
    return ((view *)user)->size;
}

static sf_count_t view_seek(sf_count_t offset, int whence, void *user)
{
    view *v = user;
    v->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? v->at + offset : v->size + offset;
    return v->at;
}

static sf_count_t view_tell(void *user)
{
    return ((view *)user)->at;
}

static sf_count_t view_read(void *to, sf_count_t n, void *user)
{
    view *v = user;
    ssize_t n_read = n > 0 && v->at >= 0 ? pread(v->descriptor, to, (size_t)n, (off_t)v->at) : 0;
    n_read = n_read > 0 ? n_read : 0;
    for (int i = 0; v->patched && i < 4; i++) {
        sf_count_t place = (sf_count_t)v->patched + i - v->at;
        if (place >= 0 && place < n_read)
            ((unsigned char *)to)[place] = v->length[i];
    }
    v->at += n_read;
    return n_read;
}

/* ---- What it holds ---------------------------------------------------------------------------- */

static bool is_coarse(int format)
{
    int minor = format & SF_FORMAT_SUBMASK;
    return minor == SF_FORMAT_PCM_S8 || minor == SF_FORMAT_PCM_U8 || minor == SF_FORMAT_DPCM_8;
}

static bool is_exact(int format)
{
    static const int exact[] = {SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_PCM_32, SF_FORMAT_FLOAT,   SF_FORMAT_DOUBLE,
                                SF_FORMAT_ALAC_16, SF_FORMAT_ALAC_20, SF_FORMAT_ALAC_24, SF_FORMAT_ALAC_32, SF_FORMAT_DPCM_16};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if ((format & SF_FORMAT_SUBMASK) == exact[i])
            return true;
    return false;
}

static void warn_of_loss(const hm_context *context, const char *path, int format)
{
    SF_FORMAT_INFO info = {.format = format & SF_FORMAT_SUBMASK};
    if (!is_exact(format))
        hm_log(context, HM_LOG_WARNING, "%s: its samples are compressed with loss (%s); frames of weak bands may be those of its noise", path,
               sf_command(NULL, SFC_GET_FORMAT_INFO, &info, sizeof info) == 0 && info.name ? info.name : "an unknown kind");
}

static hm_status check_content(const char *path, const SF_INFO *info, int64_t rate, hm_error *error)
{
    if (info->channels != 1)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: has %d channels, and one is wanted; mix them, as with: sox IN OUT.wav remix -", path,
                       info->channels);
    if (is_coarse(info->format))
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
    const float most = 1e9f; /* beyond it, energies leave the range of floats */
    for (size_t i = 0; i < sound->n; i++) {
        if (!isfinite(sound->samples[i]))
            return hm_fail(error, HM_ERROR_FORMAT, "%s: sample %zu is no number; leave the file out", path, i);
        if (fabsf(sound->samples[i]) > most)
            return hm_fail(error, HM_ERROR_FORMAT, "%s: sample %zu is %g, where those of sound lie between -1 and 1; the file is damaged, leave it out",
                           path, i, (double)sound->samples[i] / 32768);
    }
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

hm_status hm_sound_load(const hm_context *context, const char *path, int64_t rate, hm_sound *sound, hm_error *error)
{
    uint64_t size;
    SF_VIRTUAL_IO io = {.get_filelen = view_size, .seek = view_seek, .read = view_read, .tell = view_tell};
    view v = {.descriptor = -1};
    SF_INFO info = {0};
    SNDFILE *file = NULL;
    *sound = (hm_sound){.rate = rate};
    hm_status status = hm_file_open(path, "read", &v.descriptor, &size, error);
    if (status != HM_OK)
        return status;
    v.size = (sf_count_t)size;
    status = check_wav_length(path, &v, error);
    if (status == HM_OK && !(file = sf_open_virtual(&io, SFM_READ, &info, &v)))
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: is no sound that can be read (%s); WAV, FLAC, SPHERE, AIFF and AU files can", path, sf_strerror(NULL));
    if (status == HM_OK)
        status = check_content(path, &info, rate, error);
    if (status == HM_OK)
        warn_of_loss(context, path, info.format);
    if (status == HM_OK)
        status = read_samples(context, path, file, (size_t)info.frames, sound, error);
    if (file)
        sf_close(file);
    close(v.descriptor);
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
