/* Resizing pictures by averaging areas: exact for any two sizes, up or down. */
#ifndef HM_DATA_RESIZE_H
#define HM_DATA_RESIZE_H

#include <stddef.h>

#include <harmonium/context.h>

typedef struct hm_resize hm_resize;

/* A plan for pictures of in_height x in_width to out_height x out_width, none of them 0. */
hm_status hm_resize_create(const hm_context *context, size_t in_height, size_t in_width,
                           size_t out_height, size_t out_width, hm_resize **resize,
                           hm_error *error);
void hm_resize_destroy(const hm_context *context, hm_resize *resize);

/* Floats of working memory that hm_resize_apply wants. */
size_t hm_resize_scratch(const hm_resize *resize);

/* in[in_height][in_width] to out[out_height][out_width], each of which lies between the least and the largest of the pixels that it is
 * the mean of; neither overlaps the other or the
 * scratch. */
void hm_resize_apply(const hm_resize *resize, const float *in, float *scratch, float *out);

#endif
