/* Movies: GIF through giflib; a video is made of the GIF when it is closed.
 *
 * One palette for all frames: 6 x 6 x 6 colours and 40 further greys, so that grey pictures, which is what filters and
 * samples are, keep 44 levels. Only the rectangle that changed is stored. */
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/file.h"
#include "show/image.h"

#ifdef HM_HAVE_GIF
#include <unistd.h>

#include <harmonium/options.h>

#include "show/video.h"
#include <gif_lib.h>

enum { PALETTE_SIZE = 256, CUBE = 6, N_GREYS = PALETTE_SIZE - CUBE * CUBE * CUBE };

struct hm_movie {
    const hm_context *context;
    hm_file_writer writer;
    GifFileType *gif;
    ColorMapObject *palette;
    size_t width, height, n_frames;
    uint8_t *last, *frame; /* [height][width] palette indices */
    char video[HM_TEXT_MAX]; /* what the GIF becomes; empty: it stays one */
};

static int write_bytes(GifFileType *gif, const GifByteType *bytes, int n)
{
    hm_movie *movie = gif->UserData;
    hm_file_write(&movie->writer, bytes, (size_t)n);
    return n;
}

static ColorMapObject *make_palette(void)
{
    GifColorType colour[PALETTE_SIZE];
    for (int i = 0; i < CUBE * CUBE * CUBE; i++)
        colour[i] = (GifColorType){(GifByteType)(i / 36 * 51), (GifByteType)(i / 6 % 6 * 51),
                                   (GifByteType)(i % 6 * 51)};
    for (int i = 0; i < N_GREYS; i++) {
        GifByteType grey = (GifByteType)((2 * i + 1) * 255 / (2 * N_GREYS));
        colour[CUBE * CUBE * CUBE + i] = (GifColorType){grey, grey, grey};
    }
    return GifMakeMapObject(PALETTE_SIZE, colour);
}

static int distance(const GifColorType *colour, const uint8_t *pixel)
{
    int r = colour->Red - pixel[0], g = colour->Green - pixel[1], b = colour->Blue - pixel[2];
    return r * r + g * g + b * b;
}

static uint8_t nearest(const hm_movie *movie, const uint8_t *pixel)
{
    int best = (pixel[0] + 25) / 51 * 36 + (pixel[1] + 25) / 51 * 6 + (pixel[2] + 25) / 51;
    int grey = (pixel[0] + pixel[1] + pixel[2]) / 3, near = CUBE * CUBE * CUBE + grey * N_GREYS / 256;
    const GifColorType *colours = movie->palette->Colors;
    return (uint8_t)(distance(&colours[near], pixel) < distance(&colours[best], pixel) ? near : best);
}

hm_status hm_movie_open(const hm_context *context, const char *path, hm_movie **out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path));
    hm_movie *movie = hm_alloc(context, 1, sizeof *movie, error);
    if (!movie)
        return HM_ERROR_MEMORY;
    movie->context = context;
    hm_status status = HM_OK;
    char gif[HM_TEXT_MAX + 8];
    if (hm_video_is_wanted(path)) {
        status = hm_video_check(path, error);
        snprintf(movie->video, sizeof movie->video, "%s", path);
    }
    snprintf(gif, sizeof gif, "%s%s", path, *movie->video ? ".gif" : "");
    if (status == HM_OK)
        status = hm_file_create(&movie->writer, gif, error);
    if (status != HM_OK) {
        hm_free(context, movie);
        return status;
    }
    *out = movie;
    return HM_OK;
}

static hm_status fail_gif(const hm_movie *movie, hm_error *error)
{
    return hm_fail(error, HM_ERROR_IO, "%s: the GIF encoder failed; is the disk full?", movie->writer.path);
}

/* The first frame fixes the size; the extension makes players loop for ever. */
static hm_status begin(hm_movie *movie, const hm_image *frame, hm_error *error)
{
    int gif_error;
    const unsigned char loop[] = {1, 0, 0};
    size_t n = frame->width * frame->height;
    movie->width = frame->width;
    movie->height = frame->height;
    movie->last = hm_alloc(movie->context, n, 1, error);
    movie->frame = hm_alloc(movie->context, n, 1, error);
    if (!movie->last || !movie->frame)
        return HM_ERROR_MEMORY;
    movie->palette = make_palette();
    movie->gif = EGifOpen(movie, write_bytes, &gif_error);
    if (!movie->palette || !movie->gif)
        return fail_gif(movie, error);
    EGifSetGifVersion(movie->gif, true);
    if (EGifPutScreenDesc(movie->gif, (int)movie->width, (int)movie->height, 8, 0, movie->palette) == GIF_ERROR ||
        EGifPutExtensionLeader(movie->gif, APPLICATION_EXT_FUNC_CODE) == GIF_ERROR ||
        EGifPutExtensionBlock(movie->gif, 11, "NETSCAPE2.0") == GIF_ERROR ||
        EGifPutExtensionBlock(movie->gif, 3, loop) == GIF_ERROR ||
        EGifPutExtensionTrailer(movie->gif) == GIF_ERROR)
        return fail_gif(movie, error);
    return HM_OK;
}

typedef struct rectangle {
    size_t x, y, width, height;
} rectangle;

/* What differs from the frame before; a single pixel when nothing does, since a frame must have one. */
static rectangle changed_part(const hm_movie *movie)
{
    size_t x0 = movie->width, x1 = 0, y0 = movie->height, y1 = 0;
    if (movie->n_frames == 0)
        return (rectangle){0, 0, movie->width, movie->height};
    for (size_t y = 0; y < movie->height; y++) {
        for (size_t x = 0; x < movie->width; x++) {
            if (movie->frame[y * movie->width + x] == movie->last[y * movie->width + x])
                continue;
            x0 = x < x0 ? x : x0;
            x1 = x > x1 ? x : x1;
            y0 = y < y0 ? y : y0;
            y1 = y;
        }
    }
    return x0 > x1 ? (rectangle){0, 0, 1, 1} : (rectangle){x0, y0, x1 - x0 + 1, y1 - y0 + 1};
}

hm_status hm_movie_add(hm_movie *movie, const hm_image *frame, double seconds, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, movie, frame));
    HM_REQUIRE(hm_check_number("seconds", seconds, 0, 600, error));
    if (movie->n_frames == 0) {
        hm_status status = begin(movie, frame, error);
        if (status != HM_OK)
            return status;
    }
    if (frame->width != movie->width || frame->height != movie->height)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%s: a frame of %zu x %zu in a movie of %zu x %zu",
                       movie->writer.path, frame->width, frame->height, movie->width, movie->height);
    for (size_t i = 0; i < movie->width * movie->height; i++)
        movie->frame[i] = nearest(movie, frame->pixels + 3 * i);
    rectangle part = changed_part(movie);
    GraphicsControlBlock control = {DISPOSE_DO_NOT, false, (int)(seconds * 100 + 0.5), NO_TRANSPARENT_COLOR};
    GifByteType packed[4];
    EGifGCBToExtension(&control, packed);
    bool failed = EGifPutExtension(movie->gif, GRAPHICS_EXT_FUNC_CODE, 4, packed) == GIF_ERROR ||
                  EGifPutImageDesc(movie->gif, (int)part.x, (int)part.y, (int)part.width, (int)part.height, false,
                                   NULL) == GIF_ERROR;
    for (size_t y = part.y; !failed && y < part.y + part.height; y++)
        failed = EGifPutLine(movie->gif, movie->frame + y * movie->width + part.x, (int)part.width) == GIF_ERROR;
    if (failed)
        return fail_gif(movie, error);
    memcpy(movie->last, movie->frame, movie->width * movie->height);
    movie->n_frames++;
    return HM_OK;
}

static void release(hm_movie *movie)
{
    int gif_error;
    if (movie->gif)
        EGifCloseFile(movie->gif, &gif_error);
    if (movie->palette)
        GifFreeMapObject(movie->palette);
    hm_free(movie->context, movie->last);
    hm_free(movie->context, movie->frame);
    movie->gif = NULL;
}

hm_status hm_movie_close(hm_movie *movie, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, movie));
    hm_status status;
    size_t n_frames = movie->n_frames;
    release(movie); /* writes the trailer */
    if (n_frames > 0) {
        status = hm_file_commit(&movie->writer, error);
        if (status == HM_OK && *movie->video) {
            status = hm_video_encode(movie->writer.path, movie->video, error);
            unlink(movie->writer.path);
        }
    } else {
        status = hm_fail(error, HM_ERROR_ARGUMENT, "%s: a movie needs a frame", movie->writer.path);
        hm_file_abandon(&movie->writer);
    }
    hm_free(movie->context, movie);
    return status;
}

void hm_movie_abandon(hm_movie *movie)
{
    if (!movie)
        return;
    release(movie);
    hm_file_abandon(&movie->writer);
    hm_free(movie->context, movie);
}
#else
struct hm_movie {
    int none;
};

hm_status hm_movie_open(const hm_context *context, const char *path, hm_movie **movie, hm_error *error)
{
    (void)context;
    *movie = NULL;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "%s: this build makes no GIF; install libgif-dev and build again",
                   path);
}

hm_status hm_movie_add(hm_movie *movie, const hm_image *frame, double seconds, hm_error *error)
{
    (void)movie;
    (void)frame;
    (void)seconds;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "this build makes no GIF");
}

hm_status hm_movie_close(hm_movie *movie, hm_error *error)
{
    (void)movie;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "this build makes no GIF");
}

void hm_movie_abandon(hm_movie *movie)
{
    (void)movie;
}
#endif
