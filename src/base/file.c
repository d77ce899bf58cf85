/* Files: read whole with a limit, written so that a crash leaves the old file or the new one. */
#define _GNU_SOURCE /* fsync, fileno, fdopen, O_DIRECTORY, kill, flock, readlink */
#include "base/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/leftover.h"
#include "base/number.h"

enum { LINKS_MAX = 40 }; /* as Linux */

/* The folder that holds the file `path`; size is at least strlen(path) + 2. */
static void folder_of(const char *path, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');
    int n = !slash ? 0 : slash == path ? 1 : (int)(slash - path);
    snprintf(folder, size, "%.*s", n ? n : 1, n ? path : ".");
}

/* ---- Writing --------------------------------------------------------------------------------------------- */

/* What a name stands for: the path at the end of a chain of symbolic links, whether or not there is a file yet.
 * (realpath would refuse a link that dangles.) */
hm_status hm_file_follow(char path[HM_PATH_MAX], hm_error *error)
{
    struct stat about;
    for (int i = 0; lstat(path, &about) == 0 && S_ISLNK(about.st_mode); i++) {
        char folder[4096 + 2], target[4096], joined[2 * 4096 + 4];
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n < 0 || i == LINKS_MAX) {
            errno = n < 0 ? errno : ELOOP;
            return hm_fail_io(error, "write", path);
        }
        target[n] = 0;
        folder_of(path, folder, sizeof folder);
        if (*target == '/')
            strcpy(joined, target);
        else
            hm_path_join(joined, sizeof joined, folder, target);
        if (strlen(joined) >= 4096) {
            errno = ENAMETOOLONG;
            return hm_fail_io(error, "write", path);
        }
        strcpy(path, joined);
    }
    return HM_OK;
}

/* The process of a temporary "<base>.<process>.tmp"; 0 when `name` is not of that form. */
static long process_of(const char *name, const char *base)
{
    size_t n = strlen(base);
    if (strncmp(name, base, n) != 0 || name[n] != '.' || !isdigit((unsigned char)name[n + 1]))
        return 0;
    char *end;
    errno = 0;
    long process = strtol(name + n + 1, &end, 10);
    return errno == 0 && process == (pid_t)process && strcmp(end, ".tmp") == 0 ? process : 0;
}

/* A process of another container or machine is not seen by kill; on this machine its lock is. */
static bool is_locked(int folder, const char *name)
{
    int descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool locked = descriptor < 0 || flock(descriptor, LOCK_EX | LOCK_NB) != 0;
    if (descriptor >= 0)
        close(descriptor);
    return locked;
}

/* Removes what killed processes left of this output. A file that cannot be removed is no error. */
static void remove_abandoned(const char *path)
{
    char folder[4096 + 2];
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    folder_of(path, folder, sizeof folder);
    DIR *entries = opendir(folder);
    if (!entries)
        return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        long process = process_of(entry->d_name, base);
        if (process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH && !is_locked(dirfd(entries), entry->d_name))
            unlinkat(dirfd(entries), entry->d_name, 0);
    }
    closedir(entries);
}

static FILE *stream_of(const hm_file_writer *writer)
{
    return (FILE *)writer->sink;
}

static hm_status open_temporary(hm_file_writer *writer, hm_error *error)
{
    remove_abandoned(writer->path);
    snprintf(writer->temporary, sizeof writer->temporary, "%s.%ld.tmp", writer->path, (long)getpid());
    hm_leftover_add(writer->temporary);
    writer->sink = (struct hm_file_sink *)fopen(writer->temporary, "wb");
    if (!writer->sink) {
        hm_leftover_drop(writer->temporary);
        return hm_fail_io(error, "write", writer->path);
    }
    flock(fileno(stream_of(writer)), LOCK_EX | LOCK_NB); /* no harm where a file system has no locks */
    return HM_OK;
}

hm_status hm_file_create(hm_file_writer *writer, const char *path, hm_error *error)
{
    struct stat about;
    *writer = (hm_file_writer){0};
    if (strlen(path) >= sizeof writer->path)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%.60s...: the path is longer than %zu characters", path,
                       sizeof writer->path - 1);
    strcpy(writer->path, path);
    bool is_there = stat(path, &about) == 0;
    if (is_there && S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        return hm_fail_io(error, "write", path);
    }
    writer->is_direct = is_there && !S_ISREG(about.st_mode);
    if (writer->is_direct)
        return access(path, W_OK) == 0 ? HM_OK : hm_fail_io(error, "write", path);
    hm_status status = hm_file_follow(writer->path, error);
    return status == HM_OK ? open_temporary(writer, error) : status;
}

/* A device or a pipe is opened when there is something for it, so that who tries an output and abandons it does
 * not end the stream of a waiting reader. */
static bool is_open(hm_file_writer *writer)
{
    int descriptor = -1;
    if (writer->sink || writer->failure)
        return writer->sink != NULL;
    descriptor = open(writer->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor >= 0 && !(writer->sink = (struct hm_file_sink *)fdopen(descriptor, "wb")))
        close(descriptor);
    if (!writer->sink)
        writer->failure = errno ? errno : EIO;
    return writer->sink != NULL;
}

void hm_file_write(hm_file_writer *writer, const void *bytes, size_t n)
{
    if (!writer->failure && n > 0 && is_open(writer) && fwrite(bytes, 1, n, stream_of(writer)) != n)
        writer->failure = errno ? errno : EIO;
}

void hm_file_print(hm_file_writer *writer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hm_plain_locale before = hm_plain_locale_enter();
    if (!writer->failure && is_open(writer) && vfprintf(stream_of(writer), format, arguments) < 0)
        writer->failure = errno ? errno : EIO;
    hm_plain_locale_leave(before);
    va_end(arguments);
}

void hm_file_print_field(hm_file_writer *writer, const char *text)
{
    const char *mark = strpbrk(text, ",;\t\" \r\n") ? "\"" : "";
    hm_file_write(writer, mark, strlen(mark));
    for (const char *at = text; *at; at++)
        hm_file_write(writer, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    hm_file_write(writer, mark, strlen(mark));
}

void hm_file_overwrite(hm_file_writer *writer, const void *bytes, size_t n)
{
    if (!writer->failure && is_open(writer) && fseek(stream_of(writer), 0, SEEK_SET) != 0)
        writer->failure = errno ? errno : EIO;
    hm_file_write(writer, bytes, n);
}

/* So that the new name itself survives a power cut; a file system that cannot do it is no error. */
static void flush_folder(const char *path)
{
    char folder[4096 + 2];
    folder_of(path, folder, sizeof folder);
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
}

hm_status hm_file_commit(hm_file_writer *writer, hm_error *error)
{
    bool is_renamed = !writer->is_direct;
    if (is_open(writer)) {
        if (!writer->failure && (fflush(stream_of(writer)) != 0 || (is_renamed && fsync(fileno(stream_of(writer))) != 0)))
            writer->failure = errno;
        if (fclose(stream_of(writer)) != 0 && !writer->failure)
            writer->failure = errno;
        writer->sink = NULL;
    }
    if (!writer->failure && is_renamed && rename(writer->temporary, writer->path) != 0)
        writer->failure = errno;
    if (writer->failure && is_renamed)
        unlink(writer->temporary);
    if (is_renamed)
        hm_leftover_drop(writer->temporary);
    if (writer->failure) {
        errno = writer->failure;
        return hm_fail_io(error, "write", writer->path);
    }
    if (is_renamed)
        flush_folder(writer->path);
    return HM_OK;
}

void hm_file_abandon(hm_file_writer *writer)
{
    if (!writer->sink)
        return;
    fclose(stream_of(writer));
    if (!writer->is_direct) {
        unlink(writer->temporary);
        hm_leftover_drop(writer->temporary);
    }
    writer->sink = NULL;
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

/* ---- Appending ------------------------------------------------------------------------------------------- */

/* The length up to the last line that is whole: a killed process may have left a part of one. */
static off_t whole_lines(int descriptor)
{
    char bytes[4096];
    for (off_t end = lseek(descriptor, 0, SEEK_END), first; end > 0; end = first) {
        first = end > (off_t)sizeof bytes ? end - (off_t)sizeof bytes : 0;
        for (ssize_t n = pread(descriptor, bytes, (size_t)(end - first), first); n > 0; n--)
            if (bytes[n - 1] == '\n')
                return first + n;
    }
    return 0;
}

/* In one write, so that readers never see a part; what a full disk cut off is taken back. */
static int append(int descriptor, const void *bytes, size_t n)
{
    off_t end = whole_lines(descriptor);
    if (ftruncate(descriptor, end) != 0)
        return errno;
    errno = 0;
    if (write(descriptor, bytes, n) == (ssize_t)n)
        return 0;
    int failure = errno ? errno : ENOSPC;
    return ftruncate(descriptor, end) == 0 ? failure : errno;
}

hm_status hm_file_append(const char *path, const void *bytes, size_t n, hm_error *error)
{
    int descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (descriptor < 0)
        return hm_fail_io(error, "write", path);
    flock(descriptor, LOCK_EX); /* other processes append to the same; a file system without locks is no error */
    int failure = append(descriptor, bytes, n);
    if (close(descriptor) != 0 && !failure)
        failure = errno;
    errno = failure;
    return failure ? hm_fail_io(error, "write", path) : HM_OK;
}

/* ---- Reading, and folders -------------------------------------------------------------------------------- */

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

/* The build says where the sources lie and where the program will be installed. */
#ifndef HM_SOURCE_DATADIR
#define HM_SOURCE_DATADIR ""
#endif
#ifndef HM_INSTALL_DATADIR
#define HM_INSTALL_DATADIR ""
#endif

const char *hm_shared_root(size_t i)
{
    static const char *const roots[] = {HM_SOURCE_DATADIR, HM_INSTALL_DATADIR, NULL};
    return roots[i];
}

bool hm_path_join(char *out, size_t size, const char *folder, const char *name)
{
    size_t n = strlen(folder);
    const char *between = n > 0 && folder[n - 1] != '/' ? "/" : "";
    int length = snprintf(out, size, "%s%s%s", folder, between, name);
    return length >= 0 && (size_t)length < size;
}

bool hm_path_is_inside(const char *name)
{
    bool is_inside = *name && *name != '/';
    for (const char *at = name; *at; at += strspn(at, "/")) {
        size_t n = strcspn(at, "/");
        is_inside = is_inside && !(n == 2 && memcmp(at, "..", 2) == 0);
        at += n;
    }
    return is_inside;
}
