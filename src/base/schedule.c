/* Values that change with the epoch: "0.5, 0.9@5" and "0.1, ~0.01@30". */
#include "base/schedule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"

/* What a program wrote there may be any number. */
static int count_points(const hm_schedule *schedule)
{
    return schedule->n_points < HM_SCHEDULE_POINTS_MAX ? schedule->n_points : HM_SCHEDULE_POINTS_MAX;
}

double hm_schedule_at(const hm_schedule *schedule, double epoch)
{
    int last = -1, n_points = count_points(schedule);
    while (last + 1 < n_points && schedule->point[last + 1].epoch <= epoch)
        last++;
    if (last < 0)
        return 0;
    double value = schedule->point[last].value;
    if (last + 1 < n_points && schedule->point[last + 1].ramp) {
        double from = schedule->point[last].epoch, to = schedule->point[last + 1].epoch;
        value += (schedule->point[last + 1].value - value) * (epoch - from) / (to - from);
    }
    return value;
}

static const char *skip_spaces(const char *text)
{
    return text + strspn(text, " \t");
}

/* One point, "[~]value[@epoch]"; returns what follows it, or null. */
static const char *parse_point(const char *text, hm_schedule *schedule)
{
    char *end;
    int i = schedule->n_points;
    text = skip_spaces(text);
    bool ramp = *text == '~';
    double value = hm_number_begin(text += ramp, &end), epoch = 0;
    if (end == text || !isfinite(value))
        return NULL;
    text = skip_spaces(end);
    if (*text == '@') {
        epoch = hm_number_begin(text + 1, &end);
        if (end == text + 1 || !isfinite(epoch))
            return NULL;
        text = skip_spaces(end);
    }
    bool in_order = i == 0 ? epoch == 0 && !ramp : epoch > schedule->point[i - 1].epoch;
    if (!in_order)
        return NULL;
    schedule->point[i].value = value;
    schedule->point[i].epoch = epoch;
    schedule->point[i].ramp = ramp;
    schedule->n_points++;
    return text;
}

hm_status hm_schedule_parse(const char *text, hm_schedule *schedule, hm_error *error)
{
    memset(schedule, 0, sizeof *schedule);
    do {
        if (schedule->n_points == HM_SCHEDULE_POINTS_MAX)
            return hm_fail(error, HM_ERROR_ARGUMENT, "has more than %d points", HM_SCHEDULE_POINTS_MAX);
        text = parse_point(text, schedule);
        if (!text || (*text && *text != ','))
            return hm_fail(error, HM_ERROR_ARGUMENT,
                           "must be a number, or a schedule such as \"0.5, 0.9@5\" (0.9 from epoch 5 on) "
                           "or \"0.1, ~0.01@30\" (a straight line)");
    } while (*text++ == ',');
    return HM_OK;
}

size_t hm_schedule_print(const hm_schedule *schedule, char *text, size_t size)
{
    size_t used = 0;
    if (size)
        text[0] = 0;
    for (int i = 0; i < count_points(schedule); i++) {
        char value[40], epoch[40];
        hm_number_print(schedule->point[i].value, value, sizeof value);
        hm_number_print(schedule->point[i].epoch, epoch, sizeof epoch);
        size_t room = used < size ? size - used : 0;
        used += (size_t)snprintf(room ? text + used : NULL, room, "%s%s%s%s%s", i ? ", " : "",
                                 schedule->point[i].ramp ? "~" : "", value, i ? "@" : "", i ? epoch : "");
    }
    return used;
}
