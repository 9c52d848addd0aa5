/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_MODULEPARAM_H
#define SHADOW_HOST_MODULEPARAM_H

#define module_param(name, type, mode)
#define module_param_named(name, variable, type, mode)
#define MODULE_PARM_DESC(name, text)

#endif /* SHADOW_HOST_MODULEPARAM_H */
