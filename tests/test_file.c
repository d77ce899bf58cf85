/* Writing files: what a killed process left is cleaned up, a full disk is told, links and devices stay what they are. */
#define _GNU_SOURCE /* mkdtemp, flock, nftw, S_IFIFO */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "temporary.h"
#include "base/file.h"

/* A folder of the test's own; names in it are made by at(). */
static char folder[TEMPORARY_MAX];

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(temporary_pattern(folder)) ? 0 : -1;
}

static size_t count_entries(void)
{
    size_t n = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));)
        n += entry->d_name[0] != '.';
    closedir(entries);
    return n;
}

static int remove_folder(void **state)
{
    (void)state;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; (entry = readdir(entries));)
        unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
    return rmdir(folder);
}

typedef char name[TEMPORARY_MAX + 64];

static const char *at(name path, const char *file)
{
    assert_true(hm_path_join(path, sizeof(name), folder, file));
    return path;
}

static void put(const char *path, const char *text)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void expect_content(const char *path, const char *text)
{
    char content[100] = "";
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    content[fread(content, 1, sizeof content - 1, stream)] = 0;
    fclose(stream);
    assert_string_equal(content, text);
}

static mode_t kind_of(const char *path)
{
    struct stat about;
    assert_int_equal(lstat(path, &about), 0);
    return about.st_mode & S_IFMT;
}

static void save_replaces_and_leaves_nothing_else(void **state)
{
    (void)state;
    name path;
    put(at(path, "model"), "old");
    assert_int_equal(hm_file_save(path, "new", 3, NULL), HM_OK);
    expect_content(path, "new");
    assert_int_equal(count_entries(), 1);
}

/* As a header that counts what came after it. */
static void the_beginning_can_be_written_again(void **state)
{
    (void)state;
    name path;
    hm_file_writer writer;
    assert_int_equal(hm_file_create(&writer, at(path, "x"), NULL), HM_OK);
    hm_file_write(&writer, "?? bytes", 8);
    hm_file_overwrite(&writer, "08", 2);
    assert_int_equal(hm_file_commit(&writer, NULL), HM_OK);
    expect_content(path, "08 bytes");
    assert_int_equal(count_entries(), 1);
}

static void an_abandoned_writer_leaves_nothing(void **state)
{
    (void)state;
    name path;
    hm_file_writer writer;
    assert_int_equal(hm_file_create(&writer, at(path, "model"), NULL), HM_OK);
    hm_file_write(&writer, "half", 4);
    assert_int_equal(count_entries(), 1);
    hm_file_abandon(&writer);
    hm_file_abandon(&writer); /* once more does no harm */
    assert_int_equal(count_entries(), 0);
}

/* A process that is no more: waited for, so that not even its number is in use. */
static long dead_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return (long)child;
}

static const char *temporary_of(name path, const char *file, long process)
{
    char text[100];
    snprintf(text, sizeof text, "%s.%ld.tmp", file, process);
    put(at(path, text), "rest");
    return path;
}

static void what_killed_processes_left_is_removed(void **state)
{
    (void)state;
    name path, dead, living, other, checkpoint, locked, odd;
    long process = dead_process();
    temporary_of(dead, "model", process);
    temporary_of(living, "model", (long)getppid());
    temporary_of(other, "another", process);
    temporary_of(checkpoint, "model.checkpoint", process);
    put(at(odd, "model.1x.tmp"), "not ours");
    assert_int_equal(hm_file_save(at(path, "model"), "new", 3, NULL), HM_OK);
    assert_int_not_equal(access(dead, F_OK), 0);
    assert_int_equal(access(living, F_OK), 0);
    assert_int_equal(access(other, F_OK), 0);
    assert_int_equal(access(checkpoint, F_OK), 0);
    assert_int_equal(access(odd, F_OK), 0);

    /* A process of another container has a number that means nothing here, but holds its lock. */
    int descriptor = open(temporary_of(locked, "model", process), O_RDONLY);
    assert_int_equal(flock(descriptor, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(hm_file_save(path, "new", 3, NULL), HM_OK);
    assert_int_equal(access(locked, F_OK), 0);
    close(descriptor);
    assert_int_equal(hm_file_save(path, "new", 3, NULL), HM_OK);
    assert_int_not_equal(access(locked, F_OK), 0);
}

static void a_killed_writer_is_cleaned_up_after(void **state)
{
    (void)state;
    name path;
    at(path, "model");
    pid_t child = fork();
    if (child == 0) {
        hm_file_writer writer;
        if (hm_file_create(&writer, path, NULL) == HM_OK)
            raise(SIGKILL);
        _exit(1);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    assert_int_equal(count_entries(), 1);
    hm_file_writer writer;
    assert_int_equal(hm_file_create(&writer, path, NULL), HM_OK);
    hm_file_abandon(&writer);
    assert_int_equal(count_entries(), 0);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    name path;
    hm_error error = {0};
    static char much[100000];
    struct rlimit before, limit;
    put(at(path, "model"), "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 4096;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    hm_status status = hm_file_save(path, much, sizeof much, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, HM_ERROR_IO);
    assert_non_null(strstr(error.message, path));
    expect_content(path, "old");
    assert_int_equal(count_entries(), 1);
}

/* a -> b -> c, relative and absolute; c is there or not. */
static void links_stay_and_their_targets_are_written(void **state)
{
    (void)state;
    name a, b, c;
    at(c, "c");
    assert_int_equal(symlink("b", at(a, "a")), 0);
    assert_int_equal(symlink(c, at(b, "b")), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hm_file_save(a, i ? "again" : "first", 5, NULL), HM_OK);
        assert_true(kind_of(a) == S_IFLNK && kind_of(b) == S_IFLNK && kind_of(c) == S_IFREG);
        expect_content(c, i ? "again" : "first");
        assert_int_equal(count_entries(), 3);
    }
}

static void a_ring_of_links_is_an_error(void **state)
{
    (void)state;
    name a, b;
    hm_error error = {0};
    assert_int_equal(symlink("b", at(a, "a")), 0);
    assert_int_equal(symlink("a", at(b, "b")), 0);
    assert_int_equal(hm_file_save(a, "x", 1, &error), HM_ERROR_IO);
    assert_int_equal(count_entries(), 2);
}

static void *read_fifo(void *argument)
{
    static char content[100];
    FILE *stream = fopen(argument, "r");
    content[stream ? fread(content, 1, sizeof content - 1, stream) : 0] = 0;
    if (stream)
        fclose(stream);
    return content;
}

/* Trying the output first, as `train` does, must not end the reader's stream. */
static void a_fifo_is_written_through(void **state)
{
    (void)state;
    name path;
    pthread_t reader;
    void *content;
    hm_file_writer writer;
    assert_int_equal(mkfifo(at(path, "pipe"), 0600), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_fifo, path), 0);
    assert_int_equal(hm_file_create(&writer, path, NULL), HM_OK);
    hm_file_abandon(&writer);
    assert_int_equal(hm_file_save(path, "through", 7, NULL), HM_OK);
    pthread_join(reader, &content);
    assert_string_equal(content, "through");
    assert_true(kind_of(path) == S_IFIFO);
    assert_int_equal(count_entries(), 1);
}

static void devices_stay_devices(void **state)
{
    (void)state;
    name link, node;
    struct stat before, after;
    assert_int_equal(stat("/dev/null", &before), 0);
    assert_int_equal(symlink("/dev/null", at(link, "link")), 0);
    assert_int_equal(hm_file_save(link, "x", 1, NULL), HM_OK);
    assert_int_equal(hm_file_save("/dev/null", "x", 1, NULL), HM_OK);
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_true(kind_of(link) == S_IFLNK && S_ISCHR(after.st_mode));
    assert_true(before.st_ino == after.st_ino && before.st_rdev == after.st_rdev && before.st_mode == after.st_mode);
    hm_error error = {0};
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(hm_file_save("/dev/full", "x", 1, &error), HM_ERROR_IO);
        assert_non_null(strstr(error.message, "/dev/full"));
    }
    if (mknod(at(node, "node"), S_IFCHR | 0600, before.st_rdev) == 0) { /* for root alone */
        if (access(node, W_OK) == 0)
            hm_file_save(node, "x", 1, NULL); /* a file system may forbid devices; it must stay one all the same */
        assert_true(kind_of(node) == S_IFCHR);
    }
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(save_replaces_and_leaves_nothing_else), TEST(the_beginning_can_be_written_again),
        TEST(an_abandoned_writer_leaves_nothing),
        TEST(what_killed_processes_left_is_removed),
        TEST(a_killed_writer_is_cleaned_up_after),
        TEST(a_full_disk_is_told),
        TEST(links_stay_and_their_targets_are_written),
        TEST(a_ring_of_links_is_an_error),
        TEST(a_fifo_is_written_through),
        TEST(devices_stay_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
