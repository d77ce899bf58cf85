/* Files that a process must not leave behind: its temporary files and its locks. */
#ifndef HM_BASE_LEFTOVER_H
#define HM_BASE_LEFTOVER_H

/* The text of `path` must stay as it is until it is dropped. When the table is full a path is not noted: then the next run removes what a
 * killed one left. */
void hm_leftover_add(const char *path);
void hm_leftover_drop(const char *path);

/* Removes them all, as a program does that is about to die from a signal; may be called by the handler of one. The library itself
 * never calls it. */
void hm_leftovers_remove(void);

#endif
