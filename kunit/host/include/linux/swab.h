/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_SWAB_H
#define SHADOW_HOST_SWAB_H

#define swab16(x)	__builtin_bswap16(x)
#define swab32(x)	__builtin_bswap32(x)
#define swab64(x)	__builtin_bswap64(x)

#endif /* SHADOW_HOST_SWAB_H */
