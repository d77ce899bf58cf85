/* The classes of a set under the numbers that a model has for their names. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"
#include "data/storage.h"

typedef struct matching {
    hm_storage *storage;
    const hm_data_known *known;
    size_t n_after;   /* classes there will be */
    int32_t *label;   /* [n_classes of the storage]: what each becomes */
    bool *is_there;   /* [n_classes of the storage]: whether it has a case */
    char **name;      /* [n_after], or null */
    size_t n_found;   /* classes with cases that are known */
} matching;

static int32_t known_label(const hm_data_known *known, size_t k)
{
    return known->class_label ? known->class_label[k] : (int32_t)k;
}

static const char *known_name(const hm_data_known *known, size_t k)
{
    return known->class_name ? known->class_name[k] : NULL;
}

static bool has_names(const hm_data_known *known)
{
    for (size_t k = 0; k < known->n_classes; k++)
        if (known_name(known, k))
            return true;
    return false;
}

/* What a text says as a whole number, -1 if it says none. */
static long whole_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    return end != text && !*end && number >= 0 ? number : -1;
}

/* The label of the known class of that name; -1: there is none. Of a class without a name, its number is the name. */
static int32_t find_name(const hm_data_known *known, const char *name)
{
    long number = whole_number(name);
    for (size_t k = 0; k < known->n_classes; k++) {
        const char *other = known_name(known, k);
        if (other ? strcmp(other, name) == 0 : number == known_label(known, k))
            return known_label(known, k);
    }
    return -1;
}

/* The label of the known class whose name is that number, as sub-folders may be called. */
static int32_t find_number(const hm_data_known *known, int32_t label)
{
    for (size_t k = 0; k < known->n_classes; k++)
        if (known_name(known, k) && whole_number(known_name(known, k)) == label)
            return known_label(known, k);
    return -1;
}

static int32_t first_free(const hm_data_known *known)
{
    int32_t most = -1;
    for (size_t k = 0; k < known->n_classes; k++)
        most = known_label(known, k) > most ? known_label(known, k) : most;
    return most + 1;
}

/* Classes that are not known come behind all others. */
static void number_classes(matching *m)
{
    const hm_storage *storage = m->storage;
    int32_t next = first_free(m->known);
    for (size_t c = 0; c < storage->n_classes; c++) {
        const char *name = storage->class_names ? storage->class_names[c] : NULL;
        int32_t label = name ? find_name(m->known, name) : find_number(m->known, (int32_t)c);
        m->n_found += m->is_there[c] && label >= 0;
        m->label[c] = label >= 0 ? label : m->is_there[c] || name ? next++ : 0;
    }
    m->n_after = (size_t)next;
}

static hm_status copy_name(const matching *m, int32_t label, const char *name, hm_error *error)
{
    if (!name || m->name[label])
        return HM_OK;
    m->name[label] = hm_strdup(m->storage->context, name, error);
    return m->name[label] ? HM_OK : HM_ERROR_MEMORY;
}

static hm_status copy_names(matching *m, hm_error *error)
{
    const hm_storage *storage = m->storage;
    hm_status status = HM_OK;
    m->name = hm_alloc(storage->context, m->n_after, sizeof *m->name, error);
    if (!m->name)
        return HM_ERROR_MEMORY;
    for (size_t k = 0; status == HM_OK && k < m->known->n_classes; k++)
        status = copy_name(m, known_label(m->known, k), known_name(m->known, k), error);
    for (size_t c = 0; status == HM_OK && storage->class_names && c < storage->n_classes; c++)
        status = copy_name(m, m->label[c], storage->class_names[c], error);
    return status;
}

static void free_names(const hm_context *context, char **names, size_t n)
{
    for (size_t c = 0; names && c < n; c++)
        hm_free(context, names[c]);
    hm_free(context, names);
}

static void put_in_place(matching *m)
{
    hm_storage *storage = m->storage;
    for (size_t i = 0; i < storage->shape.n_cases; i++)
        storage->labels[i] = m->label[storage->labels[i]];
    free_names(storage->context, storage->class_names, storage->n_classes);
    storage->class_names = m->name;
    storage->n_classes = m->n_after;
    m->name = NULL;
}

/* Numbers of which none is the name of a class are the model's own numbers. */
static hm_status match(matching *m, hm_error *error)
{
    for (size_t i = 0; i < m->storage->shape.n_cases; i++)
        m->is_there[m->storage->labels[i]] = true;
    number_classes(m);
    if (!m->storage->class_names && m->n_found == 0) {
        hm_log(m->storage->context, HM_LOG_WARNING,
               "%s: its classes are numbers where the model's have names; they are taken as the model's own numbers, in the order of the names",
               m->storage->path);
        return HM_OK;
    }
    hm_status status = copy_names(m, error);
    if (status == HM_OK)
        put_in_place(m);
    return status;
}

hm_status hm_storage_match_classes(hm_storage *storage, const hm_data_known *known, hm_error *error)
{
    matching m = {.storage = storage, .known = known};
    bool is_by_number = !storage->class_names && !has_names(known);
    if (!storage->labels || known->n_classes == 0 || is_by_number)
        return HM_OK;
    m.label = hm_alloc(storage->context, storage->n_classes, sizeof *m.label, error);
    m.is_there = hm_alloc(storage->context, storage->n_classes, sizeof *m.is_there, error);
    hm_status status = m.label && m.is_there ? match(&m, error) : HM_ERROR_MEMORY;
    free_names(storage->context, m.name, m.n_after);
    hm_free(storage->context, m.is_there);
    hm_free(storage->context, m.label);
    return status;
}
