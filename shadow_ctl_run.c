// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_run - what each command of ctl does to a machine. See shadow_ctl.h.
 *
 * A command either does all of what it says, and tells in @said what that was,
 * or changes nothing and tells there why.
 */
#include "shadow_boot.h"
#include "shadow_ctl_handle.h"
#include "shadow_ctl_run.h"
#include "shadow_ctl_set.h"
#include "shadow_ctl_verb.h"
#include "shadow_params.h"
#include "shadow_ring.h"

/**
 * shadow_ctl_fail() - say why a command failed
 * @ctl: whose
 * @err: its errno
 * @fmt: what to say, one line
 *
 * Context: process, with the caller's mutex.
 * Return: @err.
 */
int shadow_ctl_fail(struct shadow_ctl *ctl, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(ctl->said, sizeof(ctl->said), fmt, args);
	va_end(args);
	return err;
}

/**
 * shadow_ctl_done() - say what a command did
 * @ctl: whose
 * @fmt: what to say, one line
 *
 * Context: process, with the caller's mutex.
 * Return: 0.
 */
int shadow_ctl_done(struct shadow_ctl *ctl, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(ctl->said, sizeof(ctl->said), fmt, args);
	va_end(args);
	return 0;
}

/**
 * shadow_ctl_frozen() - say that a command failed since its machine is frozen
 * @ctl: whose
 *
 * Context: process, with the caller's mutex.
 * Return: -EUCLEAN.
 */
int shadow_ctl_frozen(struct shadow_ctl *ctl)
{
	return shadow_ctl_fail(ctl, -EUCLEAN, "the machine is frozen: %s",
			       ctl->mm->fault.text);
}

/**
 * shadow_ctl_sizes() - how much a check is asked for
 * @ctl: whose
 * @cmd: an mmu_check
 * @sizes: filled, by enum shadow_mmu_size: what was not given is as at boot, or
 *	where that was not to check, as where it is not told how much; no more
 *	than SHADOW_CTL_MAX_SAMPLES
 *
 * Context: any.
 * Return: the largest of them.
 */
u32 shadow_ctl_sizes(const struct shadow_ctl *ctl,
		     const struct shadow_ctl_cmd *cmd, u32 *sizes)
{
	u32 largest = 0;
	unsigned int i;

	for (i = 0; i < SHADOW_NR_MMU_SIZES; i++) {
		sizes[i] = cmd->mmu_sizes & BIT(i) ? cmd->mmu_size[i] :
			   min(ctl->mm->cfg.mmu_size[i], SHADOW_CTL_MAX_SAMPLES);
		largest = max(largest, sizes[i]);
	}
	return largest;
}

static int run_mmu_check(struct shadow_ctl *ctl,
			 const struct shadow_ctl_cmd *cmd)
{
	u64 seed = cmd->keys & BIT(SHADOW_CTL_KEY_SEED) ? cmd->seed :
							  ctl->mm->cfg.seed;
	u32 sizes[SHADOW_NR_MMU_SIZES];

	if (!ctl->ops->mmu_check)
		return shadow_ctl_fail(ctl, -EOPNOTSUPP,
				       "mmu_check: not supported by this machine");
	shadow_ctl_sizes(ctl, cmd, sizes);
	return ctl->ops->mmu_check(ctl->mm, sizes, seed, ctl->said,
				   sizeof(ctl->said));
}

/**
 * shadow_ctl_set_counters() - let the machine's event hooks count, or not
 * @ctl: whose
 * @on: whether they shall
 *
 * The key of the hooks is shared by all machines, so each takes it once.
 *
 * Context: process, with the caller's mutex; sleeps.
 */
void shadow_ctl_set_counters(struct shadow_ctl *ctl, bool on)
{
	if (ctl->counters && !on)
		shadow_ring_count(&ctl->mm->events, false);
	if (ctl->counters != on)
		shadow_event_enable(on);
	if (!ctl->counters && on)
		shadow_ring_count(&ctl->mm->events, true);
	ctl->counters = on;
}

static int (*const runs[SHADOW_NR_CTL_VERBS])(struct shadow_ctl *ctl,
					      const struct shadow_ctl_cmd *cmd) = {
	[SHADOW_CTL_ALLOC_PAGES]	= shadow_ctl_alloc_pages,
	[SHADOW_CTL_ALLOC_PAGES_EXACT]	= shadow_ctl_alloc_exact,
	[SHADOW_CTL_ALLOC_PAGES_BULK]	= shadow_ctl_alloc_bulk,
	[SHADOW_CTL_SPLIT_PAGE]		= shadow_ctl_split_page,
	[SHADOW_CTL_GET_PAGE]		= shadow_ctl_get_page,
	[SHADOW_CTL_PUT_PAGE]		= shadow_ctl_put_page,
	[SHADOW_CTL_FREE_PAGES]		= shadow_ctl_free_pages,
	[SHADOW_CTL_KMALLOC]		= shadow_ctl_kmalloc,
	[SHADOW_CTL_KFREE]		= shadow_ctl_kfree,
	[SHADOW_CTL_KREALLOC]		= shadow_ctl_krealloc,
	[SHADOW_CTL_CACHE_CREATE]	= shadow_ctl_cache_create,
	[SHADOW_CTL_CACHE_ALLOC]	= shadow_ctl_cache_alloc,
	[SHADOW_CTL_CACHE_FREE]		= shadow_ctl_cache_free,
	[SHADOW_CTL_CACHE_SHRINK]	= shadow_ctl_cache_shrink,
	[SHADOW_CTL_CACHE_REAP]		= shadow_ctl_cache_reap,
	[SHADOW_CTL_CACHE_CHECK]	= shadow_ctl_cache_check,
	[SHADOW_CTL_CACHE_DESTROY]	= shadow_ctl_cache_destroy,
	[SHADOW_CTL_FAIL]		= shadow_ctl_fail_point,
	[SHADOW_CTL_VMALLOC]		= shadow_ctl_vmalloc,
	[SHADOW_CTL_VFREE]		= shadow_ctl_vfree,
	[SHADOW_CTL_VMALLOC_PURGE]	= shadow_ctl_vmalloc_purge,
	[SHADOW_CTL_VMAP]		= shadow_ctl_vmap,
	[SHADOW_CTL_VUNMAP]		= shadow_ctl_vunmap,
	[SHADOW_CTL_IOREMAP]		= shadow_ctl_ioremap,
	[SHADOW_CTL_IOUNMAP]		= shadow_ctl_iounmap,
	[SHADOW_CTL_MAP]		= shadow_ctl_map,
	[SHADOW_CTL_UNMAP]		= shadow_ctl_unmap,
	[SHADOW_CTL_PROTECT]		= shadow_ctl_protect,
	[SHADOW_CTL_TLBI]		= shadow_ctl_tlbi,
	[SHADOW_CTL_KMAP]		= shadow_ctl_kmap,
	[SHADOW_CTL_KUNMAP]		= shadow_ctl_kunmap,
	[SHADOW_CTL_DRAIN]		= shadow_ctl_drain,
	[SHADOW_CTL_MARK]		= shadow_ctl_mark,
	[SHADOW_CTL_MMU_CHECK]		= run_mmu_check,
	[SHADOW_CTL_SET]		= shadow_ctl_set,
	[SHADOW_CTL_MEMBLOCK_ADD]	= shadow_ctl_memblock,
	[SHADOW_CTL_MEMBLOCK_REMOVE]	= shadow_ctl_memblock,
	[SHADOW_CTL_MEMBLOCK_RESERVE]	= shadow_ctl_memblock,
	[SHADOW_CTL_MEMBLOCK_FREE]	= shadow_ctl_memblock,
	[SHADOW_CTL_EARLY_ALLOC]	= shadow_ctl_early_alloc,
	[SHADOW_CTL_EARLY_IOREMAP]	= shadow_ctl_early_ioremap,
	[SHADOW_CTL_EARLY_IOUNMAP]	= shadow_ctl_early_iounmap,
	[SHADOW_CTL_MEMREMAP_PAGES]	= shadow_ctl_memremap_pages,
	[SHADOW_CTL_MEMUNMAP_PAGES]	= shadow_ctl_memunmap_pages,
	[SHADOW_CTL_BREAK]		= shadow_ctl_break,
	[SHADOW_CTL_COMPARE]		= shadow_ctl_compare,
	[SHADOW_CTL_CREATE]		= shadow_ctl_create,
	[SHADOW_CTL_DESTROY]		= shadow_ctl_destroy,
	[SHADOW_CTL_RESET]		= shadow_ctl_reset,
	[SHADOW_CTL_STEP]		= shadow_ctl_step,
	[SHADOW_CTL_CONTINUE]		= shadow_ctl_step,
};

/**
 * shadow_ctl_check_since() - has the boot come so far?
 * @ctl: whose
 * @what: what needs that
 * @since: phase that has to be complete, plus 1; 0: none
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or -EPERM, which it then says.
 */
int shadow_ctl_check_since(struct shadow_ctl *ctl, const char *what,
			   unsigned int since)
{
	const struct shadow_boot *boot = &ctl->mm->boot;

	if (boot->nr_done >= since)
		return 0;
	return shadow_ctl_fail(ctl, -EPERM,
			       "%s: not before phase %s, the boot has stopped after %s: allowed: step %s",
			       what, shadow_phase_name(since - 1),
			       shadow_phase_name(boot->nr_done - 1),
			       shadow_phase_name(since - 1));
}

/* What a command works on has to be born, and not to be gone. */
static int check_phase(struct shadow_ctl *ctl,
		       const struct shadow_ctl_verb_info *info)
{
	const struct shadow_boot *boot = &ctl->mm->boot;

	if (info->down)
		return 0;
	if (boot->failed || !boot->nr_done)
		return shadow_ctl_fail(ctl, -ENODEV, "%s: the machine is down: allowed: reset",
				       info->name);
	if (info->ends && boot->nr_done >= info->ends)
		return shadow_ctl_fail(ctl, -EPERM,
				       "%s: %s since phase %s: allowed: before it, see until=",
				       info->name, info->over, shadow_phase_name(info->ends - 1));
	return shadow_ctl_check_since(ctl, info->name, info->since);
}

/**
 * shadow_ctl_run() - run one command
 * @ctl: whose
 * @cmd: the command
 *
 * @ctl->said tells what it got, or why it failed.
 *
 * Context: process, with the caller's mutex, which create and destroy let go
 * meanwhile; sleeps.
 * Return: 0, or why it failed: -EINVAL, -ENOENT, -EEXIST, -ENOMEM, -ENOSPC,
 * -EBUSY, -EOPNOTSUPP, -EUCLEAN, -EINTR; then it has changed nothing. -EPERM
 * where the machine's boot has not come so far, or is past that. -ENODEV where
 * the boot has failed: there is no machine but for the next reset.
 */
int shadow_ctl_run(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	int err = check_phase(ctl, &shadow_ctl_verbs[cmd->verb]);

	return err ? err : runs[cmd->verb](ctl, cmd);
}
