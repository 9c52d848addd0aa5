// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_load - finds a board's file the way a driver finds its firmware.
 * See shadow_board_load.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/firmware.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/platform_device.h>
#include <linux/printk.h>

#include "shadow_board_dt.h"
#include "shadow_board_load.h"

/* "/lib/firmware/shadow_mm/", a name, ".dtb" */
#define FOLDER		"shadow_mm/"
#define FIRMWARE	"/lib/firmware/"
#define PATH_ROOM	(sizeof(FIRMWARE FOLDER) + SHADOW_BOARD_NAME + 4)

typedef int (*reader_t)(struct shadow_board *board, const void *data,
			size_t bytes);

static int read_dtb(struct shadow_board *board, const void *data, size_t bytes)
{
	return shadow_board_dt_blob(board, data, bytes);
}

static int read_text(struct shadow_board *board, const void *data, size_t bytes)
{
	board->kind = SHADOW_BOARD_TEXT;
	return shadow_board_text(board, data, bytes);
}

/* -ENOENT: there is no such file, and nothing was said. */
static int read_file(struct shadow_board *board, struct device *device,
		     const char *suffix, reader_t reader)
{
	const struct firmware *file;
	char path[PATH_ROOM];
	int err;

	snprintf(path, sizeof(path), FOLDER "%s%s", board->name, suffix);
	err = firmware_request_nowarn(&file, path, device);
	if (err == -ENOENT)
		return err;
	if (err)
		return shadow_board_refuse(board, err,
					   "%s is there, but reading it ended with %d%s",
					   path, err,
					   err == -EINVAL ? " (is it empty?)" : "");
	err = reader(board, file->data, file->size);
	release_firmware(file);
	return err;
}

/*
 * Two files of one name may describe two boards. Looked for in the usual place
 * only, and by path: the firmware loader would print three lines for the file
 * that, most of the time, is not there.
 */
static void say_unread(const char *name)
{
	char path[PATH_ROOM];
	struct path found;

	snprintf(path, sizeof(path), FIRMWARE FOLDER "%s.txt", name);
	if (kern_path(path, LOOKUP_FOLLOW, &found))
		return;
	path_put(&found);
	pr_info("board=%s: %s.dtb is read, %s is not\n", name, name, path);
}

static int load_file(struct shadow_board *board)
{
	struct platform_device *pdev;
	int err;

	if (!IS_REACHABLE(CONFIG_FW_LOADER))
		return shadow_board_refuse(board, -EOPNOTSUPP,
					   "this kernel was built without CONFIG_FW_LOADER");
	/* Firmware is a device's; this one gives the loader's lines a name. */
	pdev = platform_device_register_simple("shadow_mm", PLATFORM_DEVID_AUTO,
					       NULL, 0);
	if (IS_ERR(pdev))
		return shadow_board_refuse(board, PTR_ERR(pdev),
					   "no device to read files for");
	err = read_file(board, &pdev->dev, ".dtb", read_dtb);
	if (!err)
		say_unread(board->name);
	else if (err == -ENOENT)
		err = read_file(board, &pdev->dev, ".txt", read_text);
	platform_device_unregister(pdev);
	/* insmod reads -ENOENT as an unknown symbol. */
	if (err == -ENOENT)
		err = shadow_board_refuse(board, -ENODEV,
					  "neither %s.dtb nor .txt is in " FIRMWARE FOLDER,
					  board->name);
	return err;
}

/* ------------------------------------------------------------ parameters -- */

static int read_board(const struct shadow_config *cfg,
		      struct shadow_board *board)
{
	int err;

	if (!cfg->board[0]) {
		shadow_board_init(board, cfg->memory ? SHADOW_BOARD_MEMORY :
						       SHADOW_BOARD_BLOCK);
		return 0;
	}
	shadow_board_init(board, SHADOW_BOARD_TREE);
	err = shadow_board_set_name(board, cfg->board,
				    strnlen(cfg->board, sizeof(cfg->board)));
	if (err)
		return err;
	return strcmp(board->name, "host") ? load_file(board) :
					     shadow_board_host(board);
}

/* What a boot loader fills in, whoever plays it. */
static int fill_in(const struct shadow_config *cfg, struct shadow_board *board)
{
	int err = 0;

	if (cfg->memory)
		err = shadow_board_memory(board, cfg->memory);
	if (cfg->cmdline &&
	    strscpy(board->cmdline, cfg->cmdline, sizeof(board->cmdline)) < 0)
		err = err ?: shadow_board_refuse(board, -E2BIG,
						 "cmdline: %zu bytes; allowed: %zu",
						 strlen(cfg->cmdline),
						 sizeof(board->cmdline) - 1);
	if (cfg->initrd.given) {
		board->initrd_start = cfg->initrd.start;
		board->initrd_bytes = cfg->initrd.bytes;
	}
	return err;
}

/**
 * shadow_board_obtain() - the board that a configuration asks for
 * @cfg: the configuration, checked
 * @board: where it goes
 * @why: where the reason for refusing goes, one line
 * @why_bytes: room there
 *
 * board=NAME is shadow_mm/NAME.dtb, or else shadow_mm/NAME.txt, where firmware
 * lies; board=host is the machine that this runs on. memory=, cmdline= and
 * initrd= replace what the board says of these. Without board= and memory= the
 * result is of kind SHADOW_BOARD_BLOCK, and has no memory of its own.
 *
 * Context: process context, sleeps.
 * Return: 0; -ENODEV where there is no such file, -EOPNOTSUPP where the host
 * cannot load any; -EINVAL, -ERANGE or -E2BIG for
 * a board that is malformed or cannot be; -ENOMEM.
 */
int shadow_board_obtain(const struct shadow_config *cfg,
			struct shadow_board *board, char *why, size_t why_bytes)
{
	int err;

	err = read_board(cfg, board);
	if (!err)
		err = fill_in(cfg, board);
	if (!err && board->kind != SHADOW_BOARD_BLOCK)
		err = shadow_board_verify(board);
	if (err && cfg->board[0])
		snprintf(why, why_bytes, "board=%s: %s", cfg->board, board->why);
	else if (err)
		strscpy(why, board->why, why_bytes);
	return err;
}
