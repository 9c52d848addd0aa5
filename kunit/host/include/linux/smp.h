/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_SMP_H
#define SHADOW_HOST_SMP_H

int shadow_host_thread(void);

/* The CPU that a history says; negative: each thread is one of its own */
extern int shadow_host_cpu;

#define NR_CPUS			8
#define nr_cpu_ids		NR_CPUS
#define raw_smp_processor_id()						\
	(shadow_host_cpu >= 0 ? shadow_host_cpu :			\
				(shadow_host_thread() - 1) % nr_cpu_ids)
#define smp_processor_id()	raw_smp_processor_id()
#define get_cpu()		raw_smp_processor_id()
#define put_cpu()		((void)0)

#endif /* SHADOW_HOST_SMP_H */
