/* Locks on outputs: two runs that write the same file would destroy one another's checkpoints. */
#ifndef HM_BASE_LOCK_H
#define HM_BASE_LOCK_H

#include <harmonium/status.h>

typedef struct hm_lock {
    int descriptor; /* 0 or below: none is held */
    int output;     /* the output itself, locked as well because it may have other names (hard links); 0 or below: there is none */
    char path[4096];
} hm_lock;

/* Takes the lock "<path>.lock", beside the file that the path leads to through symbolic links, which dies with the process that holds it: a file that a killed run left behind is no
 * lock. HM_ERROR_IO, naming the process, when another run holds it. */
hm_status hm_lock_take(hm_lock *lock, const char *path, hm_error *error);
/* Releases it and removes the file. A lock that is all zero is allowed. */
void hm_lock_release(hm_lock *lock);

#endif
