/* The classes of a scene: their names and colours, from a text file. */
#include "base/check.h"
#include "scene/classes.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/lines.h"

static const char UNLABELLED[] = "unlabelled";

typedef struct reader {
    hm_scene_classes *classes;
    const char *path;
    bool is_ended; /* the line "unlabelled" was read */
} reader;

/* 0..255 in at most three digits. */
static bool read_channel(const char *word, uint32_t *value)
{
    size_t n = word ? strspn(word, "0123456789") : 0;
    if (n == 0 || n > 3 || word[n])
        return false;
    *value = 0;
    for (size_t i = 0; i < n; i++)
        *value = *value * 10 + (uint32_t)(word[i] - '0');
    return *value <= 255;
}

static bool read_colour(char *at, uint32_t *colour)
{
    *colour = 0;
    for (int i = 0; i < 3; i++) {
        uint32_t value;
        if (!read_channel(hm_line_word(&at), &value))
            return false;
        *colour = *colour << 8 | value;
    }
    return !hm_line_word(&at);
}

static hm_status check_new(const reader *r, const char *name, uint32_t colour, size_t number, hm_error *error)
{
    const hm_scene_classes *c = r->classes;
    if (r->is_ended)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu: `%s` comes after `%s`, which must be the last", r->path, number, name,
                       UNLABELLED);
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->name[i], name) == 0)
            return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu: the name `%s` is there already; give each class its own", r->path, number,
                           name);
        if (c->colour[i] == colour)
            return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu: `%s` has the colour of `%s`; give each class its own", r->path, number, name,
                           c->name[i]);
    }
    return HM_OK;
}

/* The place of label n is filled by "unlabelled" without counting it. */
static hm_status add(reader *r, const char *name, uint32_t colour, size_t number, hm_error *error)
{
    hm_scene_classes *c = r->classes;
    hm_status status = check_new(r, name, colour, number, error);
    if (status != HM_OK)
        return status;
    r->is_ended = strcmp(name, UNLABELLED) == 0;
    if (!r->is_ended && c->n == HM_SCENE_CLASSES_MAX)
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu: more than %d classes; labels are bytes", r->path, number, HM_SCENE_CLASSES_MAX);
    c->name[c->n] = name;
    c->colour[c->n] = colour;
    c->n += !r->is_ended;
    return HM_OK;
}

static hm_status read_line(void *what, char *line, size_t number, hm_error *error)
{
    reader *r = what;
    uint32_t colour;
    line[strcspn(line, "#")] = 0;
    char *name = hm_line_word(&line);
    if (!name)
        return HM_OK;
    if (!read_colour(line, &colour))
        return hm_fail(error, HM_ERROR_FORMAT, "%s: line %zu: `%s` wants three numbers from 0 to 255 and no more: name red green blue", r->path,
                       number, name);
    return add(r, name, colour, number, error);
}

static bool is_taken(const hm_scene_classes *c, uint32_t colour)
{
    for (size_t k = 0; k < c->n; k++)
        if (c->colour[k] == colour)
            return true;
    return false;
}

/* Takes the text over. */
static hm_status read_text(const hm_context *context, const char *path, char *text, hm_scene_classes **classes, hm_error *error)
{
    hm_scene_classes *c = hm_alloc(context, 1, sizeof *c, error);
    *classes = NULL;
    if (!c) {
        hm_free(context, text);
        return HM_ERROR_MEMORY;
    }
    c->context = context;
    c->text = text;
    hm_status status = hm_lines_each(text, read_line, &(reader){.classes = c, .path = path}, error);
    if (status == HM_OK && c->n == 0)
        status = hm_fail(error, HM_ERROR_FORMAT, "%s: names no class; give each a line: name red green blue", path);
    c->name[c->n] = UNLABELLED;
    while (status == HM_OK && is_taken(c, c->colour[c->n])) /* black, where no line says otherwise, may be a class's */
        c->colour[c->n] = c->colour[c->n] == 0 ? 0xffffff : c->colour[c->n] - 1;
    if (status == HM_OK)
        *classes = c;
    else
        hm_scene_classes_destroy(c);
    return status;
}

hm_status hm_scene_classes_load(const hm_context *context, const char *path, hm_scene_classes **classes, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, classes));
    *classes = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, path));
    size_t n_lines;
    char *text;
    hm_status status = hm_lines_load(context, path, &text, &n_lines, error);
    return status == HM_OK ? read_text(context, path, text, classes, error) : status;
}

hm_status hm_scene_classes_parse(const hm_context *context, const char *path, const char *text, hm_scene_classes **classes, hm_error *error)
{
    char *copy = hm_strdup(context, text, error);
    *classes = NULL;
    return copy ? read_text(context, path, copy, classes, error) : HM_ERROR_MEMORY;
}

char *hm_scene_classes_print(const hm_scene_classes *c, hm_error *error)
{
    size_t size = 1, used = 0;
    for (size_t k = 0; k <= c->n; k++)
        size += strlen(c->name[k]) + sizeof " 255 255 255\n";
    char *text = hm_alloc(c->context, size, 1, error);
    for (size_t k = 0; text && k <= c->n; k++)
        used += (size_t)snprintf(text + used, size - used, "%s %u %u %u\n", c->name[k], c->colour[k] >> 16, c->colour[k] >> 8 & 255,
                                 c->colour[k] & 255);
    return text;
}

hm_status hm_scene_classes_copy(const hm_scene_classes *classes, hm_scene_classes **copy, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, copy));
    *copy = NULL;
    HM_REQUIRE(HM_GIVEN(error, classes));
    char *text = hm_scene_classes_print(classes, error);
    return text ? read_text(classes->context, "classes", text, copy, error) : HM_ERROR_MEMORY;
}

void hm_scene_classes_destroy(hm_scene_classes *classes)
{
    if (classes) {
        hm_free(classes->context, classes->text);
        hm_free(classes->context, classes);
    }
}
