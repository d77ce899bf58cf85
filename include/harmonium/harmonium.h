/* Harmonium: stochastic neural networks that learn without labels. This header includes all others. */
#ifndef HARMONIUM_HARMONIUM_H
#define HARMONIUM_HARMONIUM_H

#include <harmonium/belief.h>
#include <harmonium/context.h>
#include <harmonium/data.h>
#include <harmonium/examine.h>
#include <harmonium/hmm.h>
#include <harmonium/infer.h>
#include <harmonium/likelihood.h>
#include <harmonium/layer.h>
#include <harmonium/matrix.h>
#include <harmonium/model.h>
#include <harmonium/options.h>
#include <harmonium/random.h>
#include <harmonium/rbm.h>
#include <harmonium/scene.h>
#include <harmonium/show.h>
#include <harmonium/speech.h>
#include <harmonium/status.h>
#include <harmonium/team.h>
#include <harmonium/train.h>

#endif
