/* Classes as text, for the file of a net. */
#ifndef HM_SCENE_CLASSES_H
#define HM_SCENE_CLASSES_H

#include <harmonium/scene.h>

/* As hm_scene_classes_load of a file that holds `text`; messages call it `path`. */
hm_status hm_scene_classes_parse(const hm_context *context, const char *path, const char *text, hm_scene_classes **classes,
                                 hm_error *error);

/* Lines that hm_scene_classes_parse reads, hm_free'd by the caller; null without memory. */
char *hm_scene_classes_print(const hm_scene_classes *classes, hm_error *error);

#endif
