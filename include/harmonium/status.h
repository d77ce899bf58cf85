/* What can go wrong, and how it is told.
 *
 * Every function that can fail returns an hm_status and, when the caller gives an hm_error, fills it
 * with a sentence that names the file, the value and the remedy:
 *
 *     hm_error error;
 *     if (hm_model_load(context, "two.safetensors", &model, &error) != HM_OK)
 *         fprintf(stderr, "%s\n", error.message);
 *
 * A function that returns a status looks at its arguments first, and gives HM_ERROR_ARGUMENT, with nothing written, for a null pointer
 * where none is allowed, a machine, layer or case that is not there, a matrix of another size or type than said or with a stride below
 * its columns, a layer that cannot be, and a configuration with a field that its option table (options.h) does not allow. What it makes
 * (**out) is then null. Functions that return anything else cannot fail: they take what their comments say, and assert it. */
#ifndef HARMONIUM_STATUS_H
#define HARMONIUM_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#define HM_STATUS_LIST(X)                                                                          \
    X(OK, "success")                                                                               \
    X(ERROR_MEMORY, "out of memory")                                                               \
    X(ERROR_IO, "a file could not be read or written")                                             \
    X(ERROR_FORMAT, "a file is not what it claims to be")                                          \
    X(ERROR_ARGUMENT, "an option or argument has an unusable value")                               \
    X(ERROR_MISMATCH, "a model and its data do not fit together")                                  \
    X(ERROR_NUMERIC, "a number became infinite or undefined")                                      \
    X(ERROR_INTERRUPTED, "stopped on request")                                                     \
    X(ERROR_UNSUPPORTED, "this build lacks the feature")                                           \
    X(ERROR_NOT_FOUND, "nothing of that name exists")

typedef enum hm_status {
#define HM_STATUS_VALUE(name, text) HM_##name,
    HM_STATUS_LIST(HM_STATUS_VALUE)
#undef HM_STATUS_VALUE
} hm_status;

enum { HM_ERROR_MESSAGE_MAX = 1024 };

/* The caller owns it, usually on the stack; a null pointer is allowed wherever one is asked for. */
typedef struct hm_error {
    hm_status status;
    char message[HM_ERROR_MESSAGE_MAX];
} hm_error;

/* The few words of the list above; never null, also for a value outside the list. */
const char *hm_status_text(hm_status status);

/* "0.1.0". */
const char *hm_version_text(void);

#ifdef __cplusplus
}
#endif
#endif
