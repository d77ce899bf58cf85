/* Harmonium: stochastic neural networks that learn without labels. This header includes all others. */
#ifndef HARMONIUM_HARMONIUM_H
#define HARMONIUM_HARMONIUM_H

#include <harmonium/context.h>
#include <harmonium/data.h>
#include <harmonium/layer.h>
#include <harmonium/matrix.h>
#include <harmonium/options.h>
#include <harmonium/random.h>
#include <harmonium/show.h>
#include <harmonium/status.h>

#endif
