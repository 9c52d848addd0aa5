/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_MODULE_H
#define SHADOW_HOST_MODULE_H

#include <linux/moduleparam.h>

#define MODULE_LICENSE(text)
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)
#define MODULE_IMPORT_NS(text)
#define EXPORT_SYMBOL(symbol)
#define EXPORT_SYMBOL_GPL(symbol)

#endif /* SHADOW_HOST_MODULE_H */
