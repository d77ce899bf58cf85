/* MP4 and WebM through the program ffmpeg. */
#ifndef HM_SHOW_VIDEO_H
#define HM_SHOW_VIDEO_H

#include <stdbool.h>

#include <harmonium/status.h>

/* Whether the name asks for a video that is no GIF: it ends in .mp4 or .webm. */
bool hm_video_is_wanted(const char *path);

/* HM_ERROR_UNSUPPORTED, with the remedy, when there is no ffmpeg to be run. */
hm_status hm_video_check(const char *path, hm_error *error);

/* Encodes a GIF as `path`, which appears whole or not at all. */
hm_status hm_video_encode(const char *gif, const char *path, hm_error *error);

#endif
