/* What a page may ask of the engine: see engine.c. */
#ifndef HM_WEB_ENGINE_H
#define HM_WEB_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __EMSCRIPTEN__
#include <emscripten.h>
#define EXPORT EMSCRIPTEN_KEEPALIVE
#else
#define EXPORT /* compiled natively by fuzz/fuzz_page.c */
#endif

EXPORT const char *web_error(void);
EXPORT int web_begin(unsigned seed);
EXPORT int web_model(const char *layers, int n_labels, int height, int width, int n_channels);
EXPORT float *web_parameters(int level, int is_generative, int part);
EXPORT int web_n_parameters(int level, int part);
EXPORT int web_standardise(const float *shift, const float *spread);
EXPORT int web_n_layers(void);
EXPORT int web_layer_size(int layer);
EXPORT float *web_layer(int layer);
EXPORT int web_layer_side(int layer, int side);
EXPORT int web_look(void);
EXPORT const double *web_settle(int n_steps);
EXPORT int web_dream(int from_picture, const bool *is_given);
EXPORT int web_step(int n_steps);
EXPORT const double *web_labels(void);
EXPORT void web_set_temperature(float temperature);
EXPORT int web_set_label(int label);
EXPORT int web_hold(int layer, int unit, float value);
EXPORT const float *web_feature(int layer, int unit);
EXPORT int web_net(const char *name, const char *text);
EXPORT int web_n_nodes(void);
EXPORT const char *web_node_name(int i);
EXPORT const char *web_node_value(int i, int value);
EXPORT int web_n_parents(int i);
EXPORT int web_parent(int i, int k);
EXPORT double web_parent_weight(int i, int k);
EXPORT int web_node_kind(int i);
EXPORT double web_node_bias(int i);
EXPORT void web_observe(int i, int value);
EXPORT const double *web_infer(void);
EXPORT const char *web_infer_method(void);
EXPORT double web_log_evidence(void);
EXPORT const uint8_t *web_net_sample(double temperature);

#endif
