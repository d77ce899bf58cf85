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

static hm_status fail_held(const hm_lock *lock, const char *path, hm_error *error)
{
    char owner[32] = "";
    ssize_t n = pread(lock->descriptor, owner, sizeof owner - 1, 0);
    owner[n > 0 ? strspn(owner, "0123456789") : 0] = 0;
    return hm_fail(error, HM_ERROR_IO, "%s: another run (process %s) is writing it; wait for it, or choose another output",
                   path, *owner ? owner : "unknown");
}

/* The holder before may have removed the file between our opening and locking it: then the lock is on nothing. */
static bool is_still_there(const hm_lock *lock)
{
    struct stat ours, there;
    return fstat(lock->descriptor, &ours) == 0 && stat(lock->path, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

hm_status hm_lock_take(hm_lock *lock, const char *path, hm_error *error)
{
    if ((size_t)snprintf(lock->path, sizeof lock->path, "%s.lock", path) >= sizeof lock->path)
        return hm_fail(error, HM_ERROR_ARGUMENT, "%.60s...: the path is too long", path);
    for (;;) {
        lock->descriptor = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (lock->descriptor < 0)
            return hm_fail_io(error, "write", lock->path);
        if (flock(lock->descriptor, LOCK_EX | LOCK_NB) != 0) {
            hm_status status = errno == EWOULDBLOCK ? fail_held(lock, path, error) : hm_fail_io(error, "lock", lock->path);
            close(lock->descriptor);
            lock->descriptor = 0;
            return status;
        }
        if (is_still_there(lock))
            break;
        close(lock->descriptor);
    }
    bool told = ftruncate(lock->descriptor, 0) == 0 && dprintf(lock->descriptor, "%ld\n", (long)getpid()) > 0;
    (void)told; /* the number only serves the message */
    return HM_OK;
}

void hm_lock_release(hm_lock *lock)
{
    if (lock->descriptor <= 0)
        return;
    unlink(lock->path);
    close(lock->descriptor);
    lock->descriptor = 0;
}
