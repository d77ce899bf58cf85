/* The files of a recogniser that belong together. */
#include <harmonium/hmm.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"

void hm_hmms_destroy(hm_hmms *h)
{
    if (!h)
        return;
    hm_dictionary_destroy(h->dictionary);
    hm_transitions_destroy(h->transitions);
    hm_definition_destroy(h->definition);
    hm_free(h->context, h);
}

static hm_status check(hm_hmms *h, const hm_hmm_files *files, hm_error *error)
{
    size_t wanted = hm_definition_n_matrices(h->definition), found = hm_transitions_n(h->transitions);
    if (wanted > found)
        return hm_fail(error, HM_ERROR_MISMATCH, "%s: %zu matrices, but %s names %zu; name the two files of one model", files->transitions, found,
                       files->definition, wanted);
    h->silence = hm_definition_find_phone(h->definition, "SIL");
    return h->silence >= 0 ? HM_OK
                           : hm_fail(error, HM_ERROR_MISMATCH, "%s: has no phone SIL, which stands for silence between words", files->definition);
}

hm_status hm_hmms_load(const hm_context *context, const hm_hmm_files *files, hm_hmms **hmms, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, hmms));
    *hmms = NULL;
    HM_REQUIRE(HM_GIVEN(error, context, files));
    hm_hmms *h = hm_alloc(context, 1, sizeof *h, error);
    if (!h)
        return HM_ERROR_MEMORY;
    h->context = context;
    hm_status status = hm_definition_load(context, files->definition, &h->definition, error);
    if (status == HM_OK)
        status = hm_transitions_load(context, files->transitions, &h->transitions, error);
    if (status == HM_OK)
        status = check(h, files, error);
    if (status == HM_OK)
        status = hm_dictionary_load(context, h->definition, files->dictionary, files->fillers, &h->dictionary, error);
    if (status == HM_OK)
        *hmms = h;
    else
        hm_hmms_destroy(h);
    return status;
}
