// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_earlycon - where a command line says that the early console is.
 */
#include "shadow_board_earlycon.h"
#include "shadow_board_init.h"

/* How registers are accessed; "io" names a port, which is not mapped */
static const char *const access_names[] = {
	"mmio,", "mmio16,", "mmio32,", "mmio32be,", "mmio32native,",
};

static bool starts_with(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(text, with, strlen(with));
}

/* Behind the driver's name: access and address, or an address alone */
static bool parse_place(const char *text, size_t len, u64 *pa)
{
	size_t i;

	if (starts_with(text, len, "0x")) {
		*pa = shadow_board_memparse(text, len, NULL);
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(access_names); i++) {
		size_t skip = strlen(access_names[i]);

		if (!starts_with(text, len, access_names[i]))
			continue;
		*pa = shadow_board_memparse(text + skip, len - skip, NULL);
		return true;
	}
	return false;
}

/**
 * shadow_board_earlycon() - the early console's address
 * @cmdline: the kernel's command line
 * @pa: filled with the physical address of its registers
 *
 * The first `earlycon=NAME,[ACCESS,]ADDRESS` counts: once there is a console,
 * no other one is set up. An `earlycon` without a value means the device tree's
 * stdout-path, which is not followed here. Follows setup_earlycon() of
 * drivers/tty/serial/earlycon.c and uart_parse_earlycon().
 *
 * Context: any.
 * Return: true; false where no address is given, or that of a port.
 */
bool shadow_board_earlycon(const char *cmdline, u64 *pa)
{
	struct shadow_board_option option;
	const char *comma;

	while (shadow_board_next_option(&cmdline, &option)) {
		if (!shadow_board_option_is(&option, "earlycon") ||
		    !option.value)
			continue;
		comma = memchr(option.value, ',', option.value_len);
		if (comma && parse_place(comma + 1, option.value +
					 option.value_len - comma - 1, pa))
			return true;
	}
	return false;
}
