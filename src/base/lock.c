/* Locks on outputs, by flock on a file beside them. */
#define _GNU_SOURCE /* flock, dprintf */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/leftover.h"

static hm_status fail_held(int descriptor, const char *path, hm_error *error)
{
    char owner[32] = "", process[48] = "";
    ssize_t n = pread(descriptor, owner, sizeof owner - 1, 0);
    owner[n > 0 ? strspn(owner, "0123456789") : 0] = 0;
    if (*owner)
        snprintf(process, sizeof process, " (process %s)", owner);
    return hm_fail(error, HM_ERROR_IO, "%s: another run%s is writing it; wait for it, or choose another output", path, process);
}

/* The holder before may have removed the file between our opening and locking it: then the lock is on nothing. */
static bool is_still_there(const hm_lock *lock)
{
    struct stat ours, there;
    return fstat(lock->descriptor, &ours) == 0 && stat(lock->path, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

/* flock; closes the descriptor when that fails. */
static hm_status take(int *descriptor, const char *path, hm_error *error)
{
    if (flock(*descriptor, LOCK_EX | LOCK_NB) == 0)
        return HM_OK;
    hm_status status = errno == EWOULDBLOCK ? fail_held(*descriptor, path, error) : hm_fail_io(error, "lock", path);
    close(*descriptor);
    *descriptor = 0;
    return status;
}

/* A file by another name has another lock file, so the file is locked too. One that cannot be opened, or a file system that has no such
 * locks, is no error: the lock beside it holds. */
static hm_status take_output(hm_lock *lock, const char *path, hm_error *error)
{
    lock->output = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (lock->output <= 0 || flock(lock->output, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return HM_OK;
    close(lock->output);
    lock->output = 0;
    return hm_fail(error, HM_ERROR_IO, "%s: another run is writing it by another name; wait for it, or choose another output", path);
}

static hm_status take_beside(hm_lock *lock, const char *path, hm_error *error)
{
    for (;;) {
        lock->descriptor = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (lock->descriptor < 0)
            return hm_fail_io(error, "write", lock->path);
        hm_status status = take(&lock->descriptor, path, error);
        if (status != HM_OK)
            return status;
        if (is_still_there(lock))
            break;
        close(lock->descriptor);
    }
    hm_leftover_add(lock->path);
    bool told = ftruncate(lock->descriptor, 0) == 0 && dprintf(lock->descriptor, "%ld\n", (long)getpid()) > 0;
    (void)told; /* the number only serves the message */
    return HM_OK;
}

hm_status hm_lock_take(hm_lock *lock, const char *path, hm_error *error)
{
    char output[HM_PATH_MAX];
    *lock = (hm_lock){0};
    if (strlen(path) >= sizeof output)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%.60s...: the path is too long", path);
    strcpy(output, path);
    hm_status status = hm_file_follow(output, error);
    if (status == HM_OK && (size_t)snprintf(lock->path, sizeof lock->path, "%s.lock", output) >= sizeof lock->path)
        status = hm_fail(error, HM_ERROR_ARGUMENT, "%.60s...: the path is too long", path);
    if (status == HM_OK)
        status = take_beside(lock, path, error);
    if (status == HM_OK && (status = take_output(lock, output, error)) != HM_OK)
        hm_lock_release(lock);
    return status;
}

void hm_lock_release(hm_lock *lock)
{
    if (lock->output > 0)
        close(lock->output);
    lock->output = 0;
    if (lock->descriptor <= 0)
        return;
    unlink(lock->path);
    hm_leftover_drop(lock->path);
    close(lock->descriptor);
    lock->descriptor = 0;
}
