/* Files: read whole with a limit, written so that a crash leaves the old file or the new one. */
#define _GNU_SOURCE /* fsync, fileno, fdopen, O_DIRECTORY */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"

hm_status hm_file_create(hm_file_writer *writer, const char *path, hm_error *error)
{
    *writer = (hm_file_writer){0};
    if (strlen(path) >= sizeof writer->path)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%.60s...: the path is longer than %zu characters", path,
                       sizeof writer->path - 1);
    if (hm_folder_exists(path)) {
        errno = EISDIR;
        return hm_fail_io(error, "write", path);
    }
    strcpy(writer->path, path);
    snprintf(writer->temporary, sizeof writer->temporary, "%s.%ld.tmp", path, (long)getpid());
    writer->stream = fopen(writer->temporary, "wb");
    if (!writer->stream)
        return hm_fail_io(error, "write", path);
    return HM_OK;
}

void hm_file_write(hm_file_writer *writer, const void *bytes, size_t n)
{
    if (!writer->failure && n > 0 && fwrite(bytes, 1, n, writer->stream) != n)
        writer->failure = errno ? errno : EIO;
}

/* So that the new name itself survives a power cut; a file system that cannot do it is no error. */
static void flush_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    if (n >= sizeof folder)
        return;
    if (slash) {
        memcpy(folder, path, n ? n : 1);
        folder[n ? n : 1] = 0;
    } else {
        strcpy(folder, ".");
    }
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
}

hm_status hm_file_commit(hm_file_writer *writer, hm_error *error)
{
    if (!writer->failure && (fflush(writer->stream) != 0 || fsync(fileno(writer->stream)) != 0))
        writer->failure = errno;
    if (fclose(writer->stream) != 0 && !writer->failure)
        writer->failure = errno;
    writer->stream = NULL;
    if (!writer->failure && rename(writer->temporary, writer->path) != 0)
        writer->failure = errno;
    if (writer->failure) {
        unlink(writer->temporary);
        errno = writer->failure;
        return hm_fail_io(error, "write", writer->path);
    }
    flush_folder(writer->path);
    return HM_OK;
}

void hm_file_abandon(hm_file_writer *writer)
{
    if (!writer->stream)
        return;
    fclose(writer->stream);
    unlink(writer->temporary);
    writer->stream = NULL;
}

hm_status hm_file_save(const char *path, const void *bytes, size_t n, hm_error *error)
{
    hm_file_writer writer;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    hm_file_write(&writer, bytes, n);
    return hm_file_commit(&writer, error);
}

/* Opening a pipe would wait for its other end, but for O_NONBLOCK, which regular files do not heed. What was
 * opened is asked, not the path, which may be another file by now. */
hm_status hm_file_open(const char *path, const char *action, int *descriptor, uint64_t *size, hm_error *error)
{
    struct stat about;
    *descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*descriptor < 0)
        return hm_fail_io(error, action, path);
    hm_status status = HM_OK;
    if (fstat(*descriptor, &about) != 0)
        status = hm_fail_io(error, action, path);
    else if (S_ISDIR(about.st_mode))
        errno = EISDIR, status = hm_fail_io(error, action, path);
    else if (!S_ISREG(about.st_mode))
        status = hm_fail(error, HM_ERROR_IO, "%s: is no regular file; copy its content to one", path);
    if (status != HM_OK) {
        close(*descriptor);
        *descriptor = -1;
    } else if (size) {
        *size = (uint64_t)about.st_size;
    }
    return status;
}

/* Reads until the end of the stream rather than trusting a size: files may change. */
static hm_status read_stream(const hm_context *context, FILE *stream, const char *path, size_t most,
                             unsigned char **bytes, size_t *n, hm_error *error)
{
    size_t room = 1 << 16, used = 0;
    unsigned char *buffer = hm_alloc(context, room + 1, 1, error);
    while (buffer) {
        used += fread(buffer + used, 1, room - used, stream);
        if (used < room)
            break;
        if (used > most) {
            hm_free(context, buffer);
            return hm_fail(error, HM_ERROR_FORMAT, "%s: larger than the %zu bytes allowed here", path, most);
        }
        unsigned char *grown = hm_realloc(context, buffer, used, 2 * room + 1, 1, error);
        if (!grown)
            hm_free(context, buffer);
        buffer = grown;
        room *= 2;
    }
    if (!buffer)
        return HM_ERROR_MEMORY;
    if (ferror(stream) || used > most) {
        hm_status status =
            ferror(stream)
                ? hm_fail_io(error, "read", path)
                : hm_fail(error, HM_ERROR_FORMAT, "%s: larger than the %zu bytes allowed here", path, most);
        hm_free(context, buffer);
        return status;
    }
    buffer[used] = 0;
    *bytes = buffer;
    *n = used;
    return HM_OK;
}

hm_status hm_file_load(const hm_context *context, const char *path, size_t most, unsigned char **bytes,
                       size_t *n, hm_error *error)
{
    *bytes = NULL;
    *n = 0;
    int descriptor;
    hm_status status = hm_file_open(path, "read", &descriptor, NULL, error);
    if (status != HM_OK)
        return status;
    FILE *stream = fdopen(descriptor, "rb");
    if (!stream) {
        status = hm_fail_io(error, "read", path);
        close(descriptor);
        return status;
    }
    status = read_stream(context, stream, path, most, bytes, n, error);
    fclose(stream);
    return status;
}

bool hm_file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode);
}

bool hm_folder_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

hm_status hm_folder_create(const char *path, hm_error *error)
{
    char partial[4096];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof partial)
        return hm_fail(error, HM_ERROR_ARGUMENT, "\"%.60s\": not a usable name for a folder", path);
    memcpy(partial, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (partial[i] != '/' && partial[i] != 0)
            continue;
        partial[i] = 0;
        if (!hm_folder_exists(partial) && mkdir(partial, 0777) != 0 && errno != EEXIST)
            return hm_fail_io(error, "make the folder", partial);
        partial[i] = path[i];
    }
    if (!hm_folder_exists(path)) {
        errno = ENOTDIR;
        return hm_fail_io(error, "make the folder", path);
    }
    return HM_OK;
}

bool hm_path_join(char *out, size_t size, const char *folder, const char *name)
{
    size_t n = strlen(folder);
    const char *between = n > 0 && folder[n - 1] != '/' ? "/" : "";
    int length = snprintf(out, size, "%s%s%s", folder, between, name);
    return length >= 0 && (size_t)length < size;
}
