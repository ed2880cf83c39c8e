// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Presets: labels that stand for a type with constraints.  The kernel keeps the
 * label and knows nothing of what it means.
 */
#include "private.h"

#include <string.h>

static const struct {
	const char *label;
	enum lstate_type type;
	const char *pattern;
	size_t least;			/* dimensions */
	size_t most;
} lstate_presets[] = {
	{ "module", LSTATE_TYPE_STRING, "[A-Z]*", 0, 0 },
	{ "embedding", LSTATE_TYPE_ARRAY, NULL, 1, 1 },
	{ "tensor", LSTATE_TYPE_ARRAY, NULL, 0, LSTATE_RANK_MAX },
};

#define LSTATE_PRESETS	(sizeof(lstate_presets) / sizeof(*lstate_presets))

static int lstate_preset_fill(struct lstate_spec *spec, size_t preset,
			      const uint32_t *shape, size_t rank)
{
	int rc;

	rc = lstate_spec_set_label(spec, lstate_presets[preset].label);
	if (rc < 0)
		return rc;
	if (lstate_presets[preset].type == LSTATE_TYPE_ARRAY) {
		rc = lstate_spec_set_element(spec, LSTATE_ELEMENT_F32);
		return rc < 0 ? rc : lstate_spec_set_shape(spec, shape, rank);
	}
	return lstate_spec_set_pattern(spec, lstate_presets[preset].pattern);
}

int lstate_spec_new_preset(struct lstate_spec **spec, const char *name,
			   const char *preset, const uint32_t *shape,
			   size_t rank)
{
	struct lstate_spec *new;
	size_t i;
	int rc;

	for (i = 0; i < LSTATE_PRESETS; i++)
		if (strcmp(lstate_presets[i].label, preset) == 0)
			break;
	if (i == LSTATE_PRESETS)
		return -ENOENT;
	if (rank < lstate_presets[i].least || rank > lstate_presets[i].most)
		return -EINVAL;
	rc = lstate_spec_new(&new, name, lstate_presets[i].type);
	if (rc < 0)
		return rc;
	rc = lstate_preset_fill(new, i, shape, rank);
	if (rc < 0)
		lstate_spec_free(new);
	else
		*spec = new;
	return rc;
}
