/* What it costs two ranks to talk: half of a message there and back, of sizes from four bytes up; and an answer of all.
 *
 *     cmake --build build/release --target bench_team
 *     mpirun -n 2 build/release/bench_team        # bench/netns does the same between two hosts that are network namespaces
 *
 * Prints bytes, microseconds one way (median of rounds), and megabytes a second; then the microseconds of hm_team_agree. */
#include <stdio.h>
#include <stdlib.h>

#include <harmonium/harmonium.h>

#include "base/team.h"
#include "probe.h"

enum { ROUNDS = 51, FLOATS_MAX = 1 << 24 };

static double there_and_back(const hm_team *team, float *x, size_t n)
{
    double began = seconds_now();
    if (hm_team_rank(team) == 0) {
        hm_team_send(team, 1, x, n);
        hm_team_receive(team, 1, x, n);
    } else {
        hm_team_receive(team, 0, x, n);
        hm_team_send(team, 0, x, n);
    }
    return (seconds_now() - began) / 2;
}

static void measure(const hm_team *team, float *x, size_t n)
{
    double seconds[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        seconds[i] = there_and_back(team, x, n);
    double usual = median(seconds, ROUNDS);
    if (hm_team_rank(team) == 0)
        printf("%9zu bytes %10.1f us %9.1f MB/s\n", 4 * n, 1e6 * usual, 4e-6 * (double)n / usual);
}

static void measure_agreement(const hm_team *team)
{
    double seconds[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double began = seconds_now();
        hm_team_agree(team, 0);
        seconds[i] = seconds_now() - began;
    }
    double usual = median(seconds, ROUNDS);
    if (hm_team_rank(team) == 0)
        printf("agreement %19.1f us\n", 1e6 * usual);
}

int main(void)
{
    hm_team *team;
    hm_error error;
    float *x = calloc(FLOATS_MAX, sizeof *x);
    if (!x || hm_team_join(&team, &error) != HM_OK || hm_team_size(team) != 2) {
        fprintf(stderr, "bench_team: two ranks of mpirun are needed\n");
        return 1;
    }
    for (size_t n = 1; n <= FLOATS_MAX; n *= 8)
        measure(team, x, n);
    measure_agreement(team);
    hm_team_leave(team);
    free(x);
    return 0;
}
