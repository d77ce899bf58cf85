/* A sound of which the numbers of record were taken, and a writer of WAV files that shares no code with the library. */
#ifndef HM_TESTS_SOUND_FILES_H
#define HM_TESTS_SOUND_FILES_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SOUND_N = 6000, SOUND_RATE = 16000 };

/* A chirp from 200 to 6000 Hz, a tone of 700 Hz that grows louder, and noise from a congruential generator. */
static inline int16_t *make_sound(void)
{
    const double pi = acos(-1.0);
    int16_t *x = malloc(SOUND_N * sizeof *x);
    uint32_t state = 1;
    for (int i = 0; i < SOUND_N; i++) {
        double s = (double)i / SOUND_RATE, part = (double)i / SOUND_N;
        state = state * 1664525u + 1013904223u;
        double noise = (double)(state >> 16) / 65536 - 0.5;
        double chirp = sin(2 * pi * (200 * s + 5800 * s * part / 2)), tone = part * sin(2 * pi * 700 * s);
        x[i] = (int16_t)lrint(6000 * chirp + 3000 * tone + 200 * noise);
    }
    return x;
}

static inline void put_number(FILE *file, uint32_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        fputc((int)(value >> 8 * i & 255), file);
}

/* 16-bit WAV of one channel. */
static inline void write_wav(const char *path, const int16_t *x, size_t n, uint32_t rate)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        abort();
    fputs("RIFF", file);
    put_number(file, (uint32_t)(36 + 2 * n), 4);
    fputs("WAVEfmt ", file);
    put_number(file, 16, 4);
    put_number(file, 1, 2);
    put_number(file, 1, 2);
    put_number(file, rate, 4);
    put_number(file, 2 * rate, 4);
    put_number(file, 2, 2);
    put_number(file, 16, 2);
    fputs("data", file);
    put_number(file, (uint32_t)(2 * n), 4);
    for (size_t i = 0; i < n; i++)
        put_number(file, (uint16_t)x[i], 2);
    fclose(file);
}

#endif
