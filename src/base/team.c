/* Teams, by MPI where the build has it. */
#include "base/check.h"
#include "base/team.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/fail.h"

#ifdef HM_HAVE_MPI
#include <mpi.h>
#endif

struct hm_team {
    int rank, size, n_local;
};

bool hm_team_is_launched(void)
{
    /* Of Open MPI's mpirun, of other launchers by PMIx, and of MPICH's. */
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMIX_RANK") || getenv("PMI_RANK");
}

int hm_team_rank(const hm_team *team)
{
    return team ? team->rank : 0;
}

int hm_team_size(const hm_team *team)
{
    return team ? team->size : 1;
}

int hm_team_n_shards(const hm_team *team)
{
    int n = 4;
    while (n < hm_team_size(team))
        n *= 2;
    return team ? n : 1;
}

int hm_team_n_local(const hm_team *team)
{
    return team ? team->n_local : 1;
}

size_t hm_team_first(const hm_team *team, int rank, size_t n)
{
    return n * (size_t)rank / (size_t)hm_team_size(team);
}

int hm_team_owner(const hm_team *team, size_t i, size_t n)
{
    int rank = 0;
    while (hm_team_first(team, rank + 1, n) <= i)
        rank++;
    return rank;
}

void hm_team_gather(const hm_team *team, void *rows, size_t size, size_t total, size_t n_parts)
{
    for (int rank = 0; team && rank < team->size; rank++) {
        size_t first = total * hm_team_first(team, rank, n_parts) / n_parts, end = total * hm_team_first(team, rank + 1, n_parts) / n_parts;
        hm_team_share(team, rank, (char *)rows + first * size, (end - first) * size);
    }
}

hm_status hm_team_meet(const hm_team *team, hm_status status, hm_error *error)
{
    if (status != HM_OK && status != HM_ERROR_INTERRUPTED)
        return status;
    bool is_stopped = hm_team_agree(team, status == HM_ERROR_INTERRUPTED);
    return is_stopped && status == HM_OK ? hm_fail(error, HM_ERROR_INTERRUPTED, "another rank was stopped") : status;
}

static hm_status check_text(const hm_team *team, const char *what, const char *text, hm_error *error)
{
    size_t n = strlen(text), n_chief = n;
    hm_team_share(team, 0, &n_chief, sizeof n_chief);
    char *chief = malloc(n_chief + 1);
    if (!chief) /* the others wait for this rank */
        hm_team_abort((hm_team *)team, 1);
    memcpy(chief, text, n < n_chief ? n : n_chief);
    hm_team_share(team, 0, chief, n_chief);
    bool is_other = n != n_chief || memcmp(chief, text, n) != 0;
    free(chief);
    /* A bit for each rank, the last for all that have none. */
    unsigned bit = 1u << (hm_team_rank(team) < 31 ? hm_team_rank(team) : 31), others = hm_team_agree(team, is_other ? bit : 0);
    int rank = 0;
    while (others && !(others >> rank & 1))
        rank++;
    return others ? hm_fail(error, HM_ERROR_MISMATCH, "rank %d%s has another %s than rank 0; start all ranks with the same program, files "
                                                     "and options",
                            rank, rank == 31 ? " or a later one" : "", what)
                  : HM_OK;
}

hm_status hm_team_check(const hm_context *context, const hm_team_text *texts, size_t n, hm_error *error)
{
    char seed[32];
    if (!context->team)
        return HM_OK;
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)context->seed);
    hm_status status = check_text(context->team, "version of Harmonium", hm_version_text(), error);
    if (status == HM_OK)
        status = check_text(context->team, "seed", seed, error);
    for (size_t i = 0; status == HM_OK && i < n; i++)
        status = check_text(context->team, texts[i].what, texts[i].text, error);
    return status;
}

#ifdef HM_HAVE_MPI

hm_status hm_team_join(hm_team **out, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, out));
    *out = NULL;
    static hm_team team;
    /* Threads of the pool compute; only the one that joined calls MPI. */
    int given;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS)
        return hm_fail(error, HM_ERROR_IO, "MPI could not be started; start the ranks by mpirun");
    MPI_Comm_rank(MPI_COMM_WORLD, &team.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &team.size);
    MPI_Comm local;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, team.rank, MPI_INFO_NULL, &local);
    MPI_Comm_size(local, &team.n_local);
    MPI_Comm_free(&local);
    *out = &team;
    return HM_OK;
}

void hm_team_leave(hm_team *team)
{
    if (team)
        MPI_Finalize();
}

void hm_team_abort(hm_team *team, int code)
{
    if (team)
        MPI_Abort(MPI_COMM_WORLD, code);
}

enum { PIECE = 1 << 28 }; /* MPI counts in ints */

void hm_team_send(const hm_team *team, int to, const float *x, size_t n)
{
    (void)team;
    for (size_t first = 0; first < n; first += PIECE)
        MPI_Send(x + first, (int)(n - first < PIECE ? n - first : PIECE), MPI_FLOAT, to, 0, MPI_COMM_WORLD);
}

void hm_team_receive(const hm_team *team, int from, float *x, size_t n)
{
    (void)team;
    for (size_t first = 0; first < n; first += PIECE)
        MPI_Recv(x + first, (int)(n - first < PIECE ? n - first : PIECE), MPI_FLOAT, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

void hm_team_share(const hm_team *team, int from, void *bytes, size_t n)
{
    for (size_t first = 0; team && first < n; first += PIECE)
        MPI_Bcast((char *)bytes + first, (int)(n - first < PIECE ? n - first : PIECE), MPI_BYTE, from, MPI_COMM_WORLD);
}

unsigned hm_team_agree(const hm_team *team, unsigned flags)
{
    unsigned all = flags;
    if (team)
        MPI_Allreduce(&flags, &all, 1, MPI_UNSIGNED, MPI_BOR, MPI_COMM_WORLD);
    return all;
}

#else

hm_status hm_team_join(hm_team **out, hm_error *error)
{
    *out = NULL;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "this build has no MPI, so ranks cannot work together; install libopenmpi-dev and build "
                                                "again, or start one process");
}

/* Without MPI there is no team, and nobody to talk to. */
void hm_team_leave(hm_team *team)
{
    (void)team;
}

void hm_team_abort(hm_team *team, int code)
{
    (void)team, (void)code;
}

void hm_team_send(const hm_team *team, int to, const float *x, size_t n)
{
    (void)team, (void)to, (void)x, (void)n;
}

void hm_team_receive(const hm_team *team, int from, float *x, size_t n)
{
    (void)team, (void)from, (void)x, (void)n;
}

void hm_team_share(const hm_team *team, int from, void *bytes, size_t n)
{
    (void)team, (void)from, (void)bytes, (void)n;
}

unsigned hm_team_agree(const hm_team *team, unsigned flags)
{
    (void)team;
    return flags;
}

#endif
