/* Draws curves from lines "name x y" of the standard input; several y of one name and x become their mean with the spread of the
 * runs as its bar.
 *
 *     build/release/plot labels.png "labelled digits" "test error, %" log-x log-y < rows.txt */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <harmonium/harmonium.h>

enum { CURVES_MAX = 10, POINTS_MAX = 200, NAME_MAX = 80 };

typedef struct points {
    char name[NAME_MAX];
    size_t n;
    double x[POINTS_MAX], sum[POINTS_MAX], squares[POINTS_MAX], count[POINTS_MAX], mean[POINTS_MAX], deviation[POINTS_MAX];
} points;

static points curve[CURVES_MAX];
static size_t n_curves;

static points *find_curve(const char *name)
{
    size_t i = 0;
    while (i < n_curves && strcmp(curve[i].name, name) != 0)
        i++;
    if (i == CURVES_MAX)
        return NULL;
    if (i == n_curves)
        snprintf(curve[n_curves++].name, NAME_MAX, "%.79s", name);
    return &curve[i];
}

static void add(points *p, double x, double y)
{
    size_t i = 0;
    while (i < p->n && p->x[i] != x)
        i++;
    if (i == POINTS_MAX)
        return;
    p->n = i == p->n ? i + 1 : p->n;
    p->x[i] = x;
    p->sum[i] += y;
    p->squares[i] += y * y;
    p->count[i]++;
}

/* "a name of words 100 4.2": the numbers are the last two words. */
static void read_line(char *line)
{
    char *y = strrchr(line, ' ');
    if (!y)
        return;
    *y++ = 0;
    char *x = strrchr(line, ' ');
    if (!x)
        return;
    *x++ = 0;
    points *p = find_curve(line);
    if (p)
        add(p, atof(x), atof(y));
}

static void conclude(points *p, hm_curve *out)
{
    for (size_t i = 0; i < p->n; i++) {
        p->mean[i] = p->sum[i] / p->count[i];
        double spread = p->squares[i] - p->count[i] * p->mean[i] * p->mean[i];
        p->deviation[i] = p->count[i] > 1 && spread > 0 ? sqrt(spread / (p->count[i] - 1)) : 0;
    }
    *out = (hm_curve){p->name, p->x, p->mean, p->n, p->deviation};
}

int main(int argc, char **argv)
{
    hm_context *context;
    hm_image *image = NULL;
    hm_error error;
    hm_curve curves[CURVES_MAX];
    char line[256];
    if (argc < 4)
        return fprintf(stderr, "usage: plot PICTURE.png X-LABEL Y-LABEL [log-x] [log-y] < rows\n"), 2;
    hm_plot plot = {.x_label = argv[2], .y_label = argv[3], .width = 900, .height = 540};
    for (int i = 4; i < argc; i++) {
        plot.log_x = plot.log_x || strcmp(argv[i], "log-x") == 0;
        plot.log_y = plot.log_y || strcmp(argv[i], "log-y") == 0;
    }
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        read_line(line);
    }
    for (size_t i = 0; i < n_curves; i++)
        conclude(&curve[i], &curves[i]);
    hm_status status = hm_context_create(NULL, &context, &error);
    if (status == HM_OK)
        status = hm_plot_curves(context, &plot, curves, n_curves, &image, &error);
    if (status == HM_OK)
        status = hm_image_save_png(image, argv[1], &error);
    if (status != HM_OK)
        fprintf(stderr, "plot: %s\n", error.message);
    hm_image_destroy(image);
    hm_context_destroy(context);
    return status != HM_OK;
}
