/* Files that a process must not leave behind. A signal may come at any moment, so the table is of lock-free atomics. */
#define _POSIX_C_SOURCE 200809L
#include "base/leftover.h"

#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

enum { N_SLOTS = 64 };

static _Atomic(const char *) slots[N_SLOTS];

void hm_leftover_add(const char *path)
{
    for (size_t i = 0; i < N_SLOTS; i++) {
        const char *empty = NULL;
        if (atomic_compare_exchange_strong(&slots[i], &empty, path))
            return;
    }
}

void hm_leftover_drop(const char *path)
{
    for (size_t i = 0; i < N_SLOTS; i++) {
        const char *ours = path;
        if (atomic_compare_exchange_strong(&slots[i], &ours, NULL))
            return;
    }
}

void hm_leftovers_remove(void)
{
    for (size_t i = 0; i < N_SLOTS; i++) {
        const char *path = atomic_load(&slots[i]);
        if (path)
            unlink(path);
    }
}
