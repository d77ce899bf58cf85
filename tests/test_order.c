/* The order of an epoch: a permutation, in balanced batches, the same for the same seed and
 * epoch. */
#include "data_files.h"

#include <math.h>

/* A set of one feature, the number of the case, with these many cases of each class, mixed. */
static hm_dataset *set_of_classes(data_place *place, const size_t *class_size, size_t n_classes)
{
    size_t n = 0, left[128];
    for (size_t c = 0; c < n_classes; c++)
        n += left[c] = class_size[c];
    float *cases = malloc(n * sizeof *cases);
    int32_t *labels = malloc(n * sizeof *labels);
    uint32_t state = 12345;
    for (size_t i = 0; i < n; i++) {
        size_t c;
        do {
            state = state * 1664525 + 1013904223;
            c = (state >> 8) % n_classes;
        } while (left[c] == 0);
        left[c]--;
        labels[i] = (int32_t)c;
        cases[i] = (float)i;
    }
    hm_dataset *set;
    assert_int_equal(
        hm_dataset_create(place->context, cases, labels, n, 1, 0, 0, &set, &place->error), HM_OK);
    free(cases);
    free(labels);
    return set;
}

static void expect_permutation(const uint32_t *order, size_t n)
{
    unsigned char *is_seen = calloc(n, 1);
    for (size_t i = 0; i < n; i++) {
        assert_true(order[i] < n);
        assert_false(is_seen[order[i]]);
        is_seen[order[i]] = 1;
    }
    free(is_seen);
}

/* Every full batch is within one of its share of every class (rounded up or down), and a short
 * one within two. */
static void expect_balance(const hm_dataset *set, const uint32_t *order, size_t batch_size,
                           const size_t *class_size, size_t n_classes)
{
    size_t n = hm_dataset_n_cases(set);
    for (size_t first = 0; first < n; first += batch_size) {
        size_t m = n - first < batch_size ? n - first : batch_size, count[128] = {0};
        for (size_t i = first; i < first + m; i++)
            count[hm_dataset_label(set, order[i])]++;
        for (size_t c = 0; c < n_classes; c++) {
            double share = (double)m * (double)class_size[c] / (double)n;
            double allowed = m == batch_size ? 1 : 2;
            if (fabs((double)count[c] - share) >= allowed)
                fail_msg("batch at %zu has %zu of class %zu where its share is %g", first, count[c],
                         c, share);
        }
    }
}

static void test_balance(void **state)
{
    (void)state;
    static const struct {
        size_t n_classes, size[10];
    } sets[] = {
        {10, {592, 674, 596, 613, 584, 542, 592, 627, 585, 595}}, /* as MNIST, a tenth */
        {10, {100, 100, 100, 100, 100, 100, 100, 100, 100, 100}},
        {5, {3, 50, 7, 200, 41}},
        {2, {1, 999}},
        {3, {0, 17, 4}},
        {1, {23}},
        {10, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    };
    static const size_t batch_sizes[] = {1, 2, 7, 10, 32, 37, 100, 128, 1000, 100000};
    data_place place;
    open_place(&place, 1, 1);
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        hm_dataset *set = set_of_classes(&place, sets[k].size, sets[k].n_classes);
        uint32_t *order = malloc(hm_dataset_n_cases(set) * sizeof *order);
        for (size_t b = 0; b < sizeof batch_sizes / sizeof *batch_sizes; b++) {
            for (uint64_t epoch = 0; epoch < 20; epoch++) {
                assert_int_equal(hm_dataset_order(set, epoch, batch_sizes[b], order, &place.error),
                                 HM_OK);
                expect_permutation(order, hm_dataset_n_cases(set));
                expect_balance(set, order, batch_sizes[b], sets[k].size, sets[k].n_classes);
            }
        }
        free(order);
        hm_dataset_close(set);
    }
    close_place(&place);
}

static void test_determinism(void **state)
{
    (void)state;
    enum { N = 301 };
    const size_t sizes[] = {3, 50, 7, 200, 41};
    uint32_t first[N], again[N], other[N];
    for (int n_threads = 1; n_threads <= 2; n_threads++) {
        data_place place;
        open_place(&place, 9, n_threads);
        hm_dataset *set = set_of_classes(&place, sizes, 5);
        assert_int_equal(hm_dataset_order(set, 3, 10, n_threads == 1 ? first : again, NULL), HM_OK);
        assert_int_equal(hm_dataset_order(set, 4, 10, other, NULL), HM_OK);
        assert_memory_not_equal(first, other, sizeof first);
        hm_dataset_close(set);
        close_place(&place);
    }
    assert_memory_equal(first, again, sizeof first);
    data_place place;
    open_place(&place, 10, 1);
    hm_dataset *set = set_of_classes(&place, sizes, 5);
    assert_int_equal(hm_dataset_order(set, 3, 10, other, NULL), HM_OK);
    assert_memory_not_equal(first, other, sizeof first);
    hm_dataset_close(set);
    close_place(&place);
}

/* Chances: over many epochs a case meets each batch, and each place of a batch, equally often.
 * Chi-squared with 19 (and 4) degrees of freedom exceeds 60 (and 35) with probability 4e-6 (and
 * 5e-7); of each 100 are tried. */
static void test_chances(void **state)
{
    (void)state;
    enum { N = 100, BATCH = 5, BATCHES = N / BATCH, EPOCHS = 4000 };
    const size_t sizes[] = {90, 7, 3};
    data_place place;
    open_place(&place, 4, 1);
    hm_dataset *set = set_of_classes(&place, sizes, 3);
    static int in_batch[N][BATCHES], in_place[N][BATCH];
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        uint32_t order[N];
        assert_int_equal(hm_dataset_order(set, epoch, BATCH, order, NULL), HM_OK);
        for (int i = 0; i < N; i++) {
            in_batch[order[i]][i / BATCH]++;
            in_place[order[i]][i % BATCH]++;
        }
    }
    for (int i = 0; i < N; i++) {
        double batches = 0, places = 0;
        const double per_batch = (double)EPOCHS / BATCHES, per_place = (double)EPOCHS / BATCH;
        for (int b = 0; b < BATCHES; b++)
            batches += (in_batch[i][b] - per_batch) * (in_batch[i][b] - per_batch) / per_batch;
        for (int p = 0; p < BATCH; p++)
            places += (in_place[i][p] - per_place) * (in_place[i][p] - per_place) / per_place;
        assert_true(batches < 60);
        assert_true(places < 35);
    }
    hm_dataset_close(set);
    close_place(&place);
}

/* Without labels, or when the config says so, the order is a plain shuffle, whatever the batch. */
static void test_unbalanced(void **state)
{
    (void)state;
    data_place place;
    open_place(&place, 1, 1);
    uint32_t a[6], b[6];
    char labels[sizeof place.path];
    write_text(&place, "labels.csv", "0\n0\n0\n1\n1\n1\n");
    strcpy(labels, place.path);
    write_text(&place, "a.csv", "1\n2\n3\n4\n5\n6\n");
    hm_dataset *plain = open_set(&place, place.path);
    set_option(&place, "balance", "yes");
    refuse_with(&place, place.path, HM_ERROR_ARGUMENT, "balance", "labels", NULL);
    set_option(&place, "labels", labels);
    hm_dataset *balanced = open_set(&place, place.path);
    set_option(&place, "balance", "no");
    hm_dataset *unbalanced = open_set(&place, place.path);
    bool is_unequal = false;
    for (uint64_t epoch = 0; epoch < 50; epoch++) {
        assert_int_equal(hm_dataset_order(plain, epoch, 2, a, NULL), HM_OK);
        assert_int_equal(hm_dataset_order(unbalanced, epoch, 3, b, NULL), HM_OK);
        expect_permutation(a, 6);
        assert_memory_equal(a, b, sizeof a);
        is_unequal = is_unequal ||
                     hm_dataset_label(unbalanced, b[0]) == hm_dataset_label(unbalanced, b[1]);
        assert_int_equal(hm_dataset_order(balanced, epoch, 2, b, NULL), HM_OK);
        for (int i = 0; i < 6; i += 2)
            assert_int_not_equal(hm_dataset_label(balanced, b[i]),
                                 hm_dataset_label(balanced, b[i + 1]));
    }
    assert_true(is_unequal);
    hm_dataset_close(plain);
    hm_dataset_close(balanced);
    hm_dataset_close(unbalanced);
    close_place(&place);
}

/* Runs of 7 neighbours stay together, come in another order than the file's, and are shuffled in themselves. */
static void test_runs(void **state)
{
    (void)state;
    enum { N = 100, RUN = 7 };
    data_place place;
    open_place(&place, 1, 1);
    uint32_t order[N], other[N];
    char text[4 * N] = "";
    for (int i = 0; i < N; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d\n", i);
    write_text(&place, "runs.csv", text);
    set_option(&place, "shuffle-run", "7");
    hm_dataset *set = open_set(&place, place.path);
    assert_int_equal(hm_dataset_order(set, 0, 10, order, NULL), HM_OK);
    assert_int_equal(hm_dataset_order(set, 1, 10, other, NULL), HM_OK);
    expect_permutation(order, N);
    assert_memory_not_equal(order, other, sizeof order);
    size_t n_breaks = 0, n_ascending = 0;
    for (size_t i = 1; i < N; i++) {
        n_breaks += order[i] / RUN != order[i - 1] / RUN;
        n_ascending += order[i] == order[i - 1] + 1;
    }
    assert_int_equal(n_breaks, N / RUN);
    assert_true(n_ascending < N / 2);
    hm_dataset_close(set);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balance),
        cmocka_unit_test(test_determinism),
        cmocka_unit_test(test_chances),
        cmocka_unit_test(test_unbalanced),
        cmocka_unit_test(test_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
