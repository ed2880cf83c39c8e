/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of a watch as lines.
 */
#ifndef EVENT_H
#define EVENT_H

#include <stdio.h>

#include <localstate.h>

/*
 * Writes one line without a newline.  The new value is given apart, because it
 * may have been completed; truncated is what of the event is still cut,
 * LSTATE_TRUNCATED_*.
 */
void event_print_text(FILE *file, const struct lstate_event *event,
		      const struct lstate_value *new_value,
		      unsigned int truncated);
void event_print_json(FILE *file, const struct lstate_event *event,
		      const struct lstate_value *new_value,
		      unsigned int truncated);

#endif /* EVENT_H */
