// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_trace_load - a trace by its name: found the way a driver finds its
 * firmware, or generated. See shadow_trace_load.h.
 */
#include <linux/firmware.h>
#include <linux/platform_device.h>
#include <linux/vmalloc.h>

#include "shadow_trace_load.h"

/* "/lib/firmware/shadow_mm/", a name, ".kmem" */
#define FOLDER		"shadow_mm/"
#define FIRMWARE	"/lib/firmware/"
#define PATH_ROOM	(sizeof(FOLDER) + SHADOW_TRACE_NAME + 5)

static struct shadow_trace *new_trace(u32 room)
{
	struct shadow_trace *trace = vzalloc(sizeof(*trace));

	if (!trace)
		return NULL;
	trace->room = room;
	trace->op = vcalloc(room, sizeof(*trace->op));
	trace->size = vcalloc(room, sizeof(*trace->size));
	if (trace->op && trace->size)
		return trace;
	shadow_trace_unload(trace);
	return NULL;
}

/**
 * shadow_trace_unload() - undo shadow_trace_load()
 * @trace: the trace, or NULL
 *
 * Context: process context.
 */
void shadow_trace_unload(struct shadow_trace *trace)
{
	if (!trace)
		return;
	vfree(trace->op);
	vfree(trace->size);
	vfree(trace);
}

/* What the trace itself says, with its name in front */
static int judged(struct shadow_trace *trace, int err, const char *name,
		  char *why, size_t why_bytes)
{
	if (err)
		scnprintf(why, why_bytes, "%s: %s", name, trace->why);
	return err;
}

static struct shadow_trace *generate(const char *name, char *why, size_t why_bytes)
{
	struct shadow_trace_plan plan;
	struct shadow_trace *trace;
	int err;

	err = shadow_trace_plan_read(&plan, name, why, why_bytes);
	if (err)
		return ERR_PTR(err);
	trace = new_trace(plan.nr_ops);
	if (!trace)
		return ERR_PTR(-ENOMEM);
	err = judged(trace, shadow_trace_generate(trace, &plan), name, why, why_bytes);
	if (!err)
		return trace;
	shadow_trace_unload(trace);
	return ERR_PTR(err);
}

static struct shadow_trace *read_file(const struct firmware *file, const char *name,
				      char *why, size_t why_bytes)
{
	const char *text = (const char *)file->data;
	struct shadow_trace *trace = new_trace(shadow_trace_room(text, file->size));
	int err;

	if (!trace)
		return ERR_PTR(-ENOMEM);
	err = judged(trace, shadow_trace_read(trace, text, file->size), name, why, why_bytes);
	if (!err)
		return trace;
	shadow_trace_unload(trace);
	return ERR_PTR(err);
}

static struct shadow_trace *find_file(const char *name, char *why, size_t why_bytes)
{
	struct platform_device *pdev;
	const struct firmware *file;
	struct shadow_trace *trace;
	char path[PATH_ROOM];
	int err;

	if (!IS_REACHABLE(CONFIG_FW_LOADER)) {
		scnprintf(why, why_bytes, "%s: this kernel was built without CONFIG_FW_LOADER",
			  name);
		return ERR_PTR(-EOPNOTSUPP);
	}
	/* Firmware is a device's; this one gives the loader's lines a name. */
	pdev = platform_device_register_simple("shadow_mm", PLATFORM_DEVID_AUTO, NULL, 0);
	if (IS_ERR(pdev)) {
		scnprintf(why, why_bytes, "%s: no device to read files for", name);
		return ERR_CAST(pdev);
	}
	snprintf(path, sizeof(path), FOLDER "%s.kmem", name);
	err = firmware_request_nowarn(&file, path, &pdev->dev);
	platform_device_unregister(pdev);
	if (err) {
		scnprintf(why, why_bytes,
			  err == -ENOENT ? "%s: %s.kmem is not in " FIRMWARE FOLDER :
			  "%s: reading %s.kmem ended with an error (is it empty?)",
			  name, name);
		return ERR_PTR(err);
	}
	trace = read_file(file, name, why, why_bytes);
	release_firmware(file);
	return trace;
}

/**
 * shadow_trace_load() - a trace by its name
 * @name: PATTERN:OPERATIONS:SEED, or NAME of shadow_mm/NAME.kmem where firmware
 *	lies
 * @why: why there is none, one line
 * @why_bytes: room there
 *
 * Context: process context, sleeps.
 * Return: the trace; ERR_PTR of -EINVAL, -ERANGE or -E2BIG where it is none,
 * -ENOENT where there is no such file, -EOPNOTSUPP where the host cannot load
 * any, -ENOMEM.
 */
struct shadow_trace *shadow_trace_load(const char *name, char *why, size_t why_bytes)
{
	scnprintf(why, why_bytes, "%s: the host has no memory for the trace", name);
	if (shadow_trace_is_plan(name))
		return generate(name, why, why_bytes);
	if (shadow_trace_name_ok(name))
		return find_file(name, why, why_bytes);
	scnprintf(why, why_bytes, "'%.*s': this is no trace's name", SHADOW_TRACE_NAME, name);
	return ERR_PTR(-EINVAL);
}
