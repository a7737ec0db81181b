/*
 * What the programs of this machine have counted (io/metric.h), in
 * Prometheus's text format
 * (prometheus.io/docs/instrumenting/exposition_formats).
 */
#ifndef TILL_METRIC_TEXT_H
#define TILL_METRIC_TEXT_H

#include "base/ctx.h"
#include "base/text.h"

/* Adds all of it. ERR_UNAVAILABLE: METRICS_FOLDER can't be read. */
enum err metric_text(struct ctx *cx, struct text *text);

/* Begins a family of somebody else's numbers: "gauge" or "counter". */
void metric_text_family(struct text *text, const char *name, const char *type,
                        const char *help);

#endif
