/* A tiny recogniser as files: phones A, B and SIL of three states each, with a senone for each state, and a few triphones. */
#ifndef HM_TESTS_SPEECH_FILES_H
#define HM_TESTS_SPEECH_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <harmonium/hmm.h>

#include "temporary.h"

enum { N_MATRICES = 3, TINY_SENONES = 15, TRANSITIONS_MAX = 512 };

/* Senones 0-2 A, 3-5 B, 6-8 SIL, 9-11 the A between two Bs in a word, 12-14 the B that begins a word behind A and before A. */
static const char tiny_definition[] = "0.3\n3 n_base\n3 n_tri\n24 n_state_map\n15 n_tied_state\n9 n_tied_ci_state\n3 n_tied_tmat\n"
                                      "#base lft rt p attrib tmat ... state id's ...\n"
                                      "A - - - n/a 0 0 1 2 N\nB - - - n/a 1 3 4 5 N\nSIL - - - filler 2 6 7 8 N\n"
                                      "B A A b n/a 1 12 13 14 N\nA B B i n/a 0 9 10 11 N\nB SIL SIL s n/a 1 12 4 5 N\n";
static const char tiny_dictionary[] = "BAB B A B\nBA B A\nBA(2) A B\nB B\nA A\n";
static const char tiny_fillers[] = "<s> SIL\n</s> SIL\n<sil> SIL\n";
static const float tiny_a[N_MATRICES][3][4] = {{{.7f, .3f, 0, 0}, {0, .6f, .4f, 0}, {0, 0, .5f, .5f}},
                                               {{.4f, .4f, .2f, 0}, {0, .8f, .2f, 0}, {0, 0, .3f, .7f}},
                                               {{5, 3, 2, 0}, {0, 1, 1, 0}, {0, 0, 9, 1}}}; /* counts are allowed */

static inline void put_u32(unsigned char *at, uint32_t value, bool is_swapped)
{
    for (int i = 0; i < 4; i++)
        at[is_swapped ? 3 - i : i] = (unsigned char)(value >> (8 * i));
}

/* The file of transitions; its length. */
static inline size_t tiny_transitions(unsigned char bytes[TRANSITIONS_MAX], bool is_swapped)
{
    static const char head[] = "s3\nversion 1.0\nchksum0 yes\n        endhdr\n";
    const uint32_t numbers[] = {0x11223344, N_MATRICES, 3, 4, N_MATRICES * 12};
    size_t n = sizeof head - 1;
    memcpy(bytes, head, n);
    for (int i = 0; i < 5; i++, n += 4)
        put_u32(bytes + n, numbers[i], is_swapped);
    for (int i = 0; i < N_MATRICES * 12; i++, n += 4) {
        uint32_t bits;
        memcpy(&bits, &tiny_a[0][0][0] + i, 4);
        put_u32(bytes + n, bits, is_swapped);
    }
    put_u32(bytes + n, 0, is_swapped); /* the checksum */
    return n + 4;
}

static inline void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
        abort();
}

static inline void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

typedef struct tiny_files {
    char definition[TEMPORARY_MAX], transitions[TEMPORARY_MAX], dictionary[TEMPORARY_MAX], fillers[TEMPORARY_MAX];
    char transcripts[TEMPORARY_MAX], scores[TEMPORARY_MAX];
} tiny_files;

static inline void make_tiny_files(tiny_files *files)
{
    unsigned char bytes[TRANSITIONS_MAX];
    char *const path[] = {files->definition, files->transitions, files->dictionary, files->fillers, files->transcripts, files->scores};
    for (int i = 0; i < 6; i++)
        temporary_file(path[i]);
    write_text(files->definition, tiny_definition);
    write_bytes(files->transitions, bytes, tiny_transitions(bytes, false));
    write_text(files->dictionary, tiny_dictionary);
    write_text(files->fillers, tiny_fillers);
}

static inline void remove_tiny_files(const tiny_files *files)
{
    const char *const path[] = {files->definition, files->transitions, files->dictionary, files->fillers, files->transcripts, files->scores};
    for (int i = 0; i < 6; i++)
        unlink(path[i]);
}

static inline hm_hmm_files tiny_hmm_files(const tiny_files *files)
{
    return (hm_hmm_files){files->definition, files->transitions, files->dictionary, files->fillers};
}

#endif
