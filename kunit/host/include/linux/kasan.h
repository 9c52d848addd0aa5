/* SPDX-License-Identifier: GPL-2.0-only */
/* In user space AddressSanitizer does what KASAN does in a kernel. */
#ifndef SHADOW_HOST_KASAN_H
#define SHADOW_HOST_KASAN_H

#include <sanitizer/asan_interface.h>

#endif
