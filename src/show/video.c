/* MP4 and WebM through the program ffmpeg. */
#include "show/video.h"

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"

extern char **environ;

static const struct format {
    const char *ending, *muxer, *encoder;
} formats[] = {{".mp4", "mp4", "libx264"}, {".webm", "webm", "libvpx-vp9"}};

static const struct format *find_format(const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t m = strlen(formats[i].ending);
        if (n > m && strcmp(path + n - m, formats[i].ending) == 0)
            return &formats[i];
    }
    return NULL;
}

bool hm_video_is_wanted(const char *path)
{
    return find_format(path) != NULL;
}

/* Exit status of the program, or -1 when it could not be run. Its output goes nowhere. */
static int run_program(char *const arguments[])
{
    pid_t child;
    int state;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
    int failure = posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure || waitpid(child, &state, 0) != child || !WIFEXITED(state) || WEXITSTATUS(state) == 127)
        return -1;
    return WEXITSTATUS(state);
}

hm_status hm_video_check(const char *path, hm_error *error)
{
    char *const arguments[] = {"ffmpeg", "-version", NULL};
    if (run_program(arguments) == 0)
        return HM_OK;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "%s: videos are made by ffmpeg, which is not installed; install it "
                   "(apt-get install ffmpeg), or end the name in .gif", path);
}

hm_status hm_video_encode(const char *gif, const char *path, hm_error *error)
{
    const struct format *format = find_format(path);
    char temporary[4096];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp", path) >= sizeof temporary)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%.80s...: the name is too long", path);
    char *const arguments[] = {"ffmpeg", "-y", "-i", (char *)gif, "-pix_fmt", "yuv420p", "-c:v", (char *)format->encoder,
                               "-f", (char *)format->muxer, temporary, NULL};
    if (run_program(arguments) == 0 && rename(temporary, path) == 0)
        return HM_OK;
    unlink(temporary);
    return hm_fail(error, HM_ERROR_IO, "%s: ffmpeg could not write it (encoder %s); is the disk full?", path,
                   format->encoder);
}
