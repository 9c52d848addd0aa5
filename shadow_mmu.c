// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mmu - whether the CPU can judge a machine's tables, and the window in
 * which it does.
 */
#include <linux/math64.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "shadow_block.h"
#include "shadow_compat.h"
#include "shadow_mmu.h"
#include "shadow_mmu_cpu.h"
#include "shadow_mmu_panel.h"
#include "shadow_mmu_verdict.h"
#include "shadow_pool.h"
#include "shadow_regs.h"
#include "shadow_walk.h"

/**
 * shadow_mmu_ds() - does the running kernel use the descriptors of LPA2?
 *
 * Context: any.
 * Return: TCR_EL1.DS; false where this is not arm64.
 */
bool shadow_mmu_ds(void)
{
	struct shadow_regs regs;

	return !shadow_mmu_cpu_regs(&regs) && (regs.tcr & SHADOW_TCR_DS);
}

/**
 * shadow_mmu_read_id() - the ID registers that decide about translation
 * @id: filled
 *
 * Context: any.
 * Return: 0, or -EOPNOTSUPP where this is not arm64.
 */
int shadow_mmu_read_id(struct shadow_cpu_id *id)
{
	return shadow_mmu_cpu_id(id);
}

/**
 * shadow_mmu_granule_supported() - can the CPU walk tables of this granule?
 * @page_shift: log2 of the granule
 * @lpa2: in the format of TCR_EL1.DS = 1
 *
 * Context: any.
 * Return: true if it can, whatever the running kernel uses.
 */
bool shadow_mmu_granule_supported(unsigned int page_shift, bool lpa2)
{
	struct shadow_geometry geo;
	struct shadow_cpu_id id;

	return !shadow_mmu_cpu_id(&id) &&
	       !shadow_geometry_init(&geo, page_shift, 48, 48, lpa2) &&
	       !shadow_regs_forbids(&id, &geo);
}

/**
 * shadow_mmu_can_check() - may the CPU judge these tables?
 * @walker: the walker of one half of a machine
 * @reason: where the register that forbids it goes, else ""
 * @reason_bytes: room there
 *
 * The granule, PARange, VARange, and TCR_EL1.DS, which the host needs as it is,
 * decide.
 *
 * Context: any.
 * Return: true if it may.
 */
bool shadow_mmu_can_check(const struct shadow_walker *walker, char *reason,
			  size_t reason_bytes)
{
	const struct shadow_geometry *geo = &walker->geo;
	struct shadow_cpu_id id;
	const char *field;
	bool ds;

	reason[0] = '\0';
	if (shadow_mmu_cpu_id(&id)) {
		snprintf(reason, reason_bytes, "not arm64");
		return false;
	}
	if (walker->identity || walker->disabled) {
		snprintf(reason, reason_bytes, "%s: there are no tables yet",
			 walker->identity ? "SCTLR_EL1.M = 0" : "TCR_EL1.EPDx = 1");
		return false;
	}
	field = shadow_regs_forbids(&id, geo);
	if (field) {
		snprintf(reason, reason_bytes,
			 "%s: not on this CPU (%uK granule, %u address bits)",
			 field, 1U << (geo->page_shift - 10), geo->va_bits);
		return false;
	}
	ds = shadow_mmu_ds();
	/* With 64K pages the bit changes nothing. */
	if (geo->page_shift != 16 && geo->lpa2 != ds) {
		snprintf(reason, reason_bytes,
			 "TCR_EL1.DS = %d on this kernel, the tables are made for %d",
			 ds, geo->lpa2);
		return false;
	}
	return true;
}

/**
 * shadow_mmu_random_below() - the next number of a seeded sequence
 * @rnd: the sequence
 * @limit: first number that is too large, not 0
 *
 * The bias of a remainder does not matter here.
 *
 * Context: any.
 * Return: a number below @limit.
 */
u64 shadow_mmu_random_below(struct rnd_state *rnd, u64 limit)
{
	u64 high = prandom_u32_state(rnd);
	u64 remainder;

	div64_u64_rem(high << 32 | prandom_u32_state(rnd), limit, &remainder);
	return remainder;
}

/* T0SZ and TG0 */
static u64 lower_half_tcr(const struct shadow_geometry *geo)
{
	static const u8 tg0[] = { [12] = 0, [14] = 2, [16] = 1 };

	return (u64)(64 - geo->va_bits) << SHADOW_TCR_T0SZ_SHIFT |
	       (u64)tg0[geo->page_shift] << SHADOW_TCR_TG0_SHIFT;
}

/* What the window makes of the host's registers. */
static void window_regs(struct shadow_regs *regs,
			const struct shadow_geometry *geo)
{
	shadow_mmu_cpu_regs(regs);
	regs->tcr &= ~(0x3fULL << SHADOW_TCR_T0SZ_SHIFT |
		       0x3ULL << SHADOW_TCR_TG0_SHIFT);
	regs->tcr |= lower_half_tcr(geo);
}

/**
 * shadow_mmu_panel_create() - prepare to ask about one half of a machine
 * @walker: the walker of that half, for which shadow_mmu_can_check() said yes
 * @block: whose frames may be loaded; NULL: none
 * @result: where outcomes are added
 *
 * Context: may sleep.
 * Return: the panel, or NULL when there is no memory.
 */
struct shadow_mmu_panel *
shadow_mmu_panel_create(const struct shadow_walker *walker,
			const struct shadow_block *block,
			struct shadow_mmu_result *result)
{
	const struct shadow_geometry *geo = &walker->geo;
	struct shadow_mmu_panel *panel;

	panel = shadow_pool_zalloc(sizeof(*panel));
	if (!panel)
		return NULL;
	panel->walker = *walker;
	/* The window turns both off. */
	panel->walker.ha = false;
	panel->walker.hd = false;
	/* TCR_EL1.IPS stays, so output addresses are as large as the host's. */
	window_regs(&panel->regs, geo);
	if (shadow_regs_geometry(&panel->regs, false, &panel->walker.geo))
		panel->walker.geo = *geo;
	panel->root.ttbr0 = shadow_regs_ttbr(&panel->walker.geo, walker->root);
	panel->root.tcr = lower_half_tcr(geo) |
			  (walker->hpd ? SHADOW_TCR_HPD0 : 0);
	panel->block = block;
	panel->result = result;
	return panel;
}

/**
 * shadow_mmu_panel_destroy() - undo shadow_mmu_panel_create()
 * @panel: the panel, settled; NULL does nothing
 *
 * Context: may sleep.
 */
void shadow_mmu_panel_destroy(struct shadow_mmu_panel *panel)
{
	shadow_pool_free(panel);
}

/**
 * shadow_mmu_settle() - ask the CPU about what waits
 * @panel: the panel
 *
 * Context: may sleep; the asking itself runs with everything masked.
 */
void shadow_mmu_settle(struct shadow_mmu_panel *panel)
{
	unsigned int i, asked = 0;

	if (!panel->nr)
		return;
	for (i = 0; i < panel->nr; i++)
		asked += hweight32(panel->probe[i].answer.asked);
	shadow_mmu_cpu_ask_root(&panel->root, panel->probe, panel->nr);
	panel->result->windows++;
	for (i = 0; i < panel->nr; i++) {
		asked -= hweight32(panel->probe[i].answer.asked);
		shadow_mmu_note(panel->result, panel->va[i], &panel->verdict[i],
				&panel->probe[i].answer);
	}
	panel->result->retried += asked;
	panel->nr = 0;
	cond_resched();
}

/* The walker goes first, and where it cannot read the CPU must not be sent. */
static struct shadow_mmu_probe *submit(struct shadow_mmu_panel *panel, u64 va,
				       unsigned int asked)
{
	struct shadow_mmu_verdict *verdict = &panel->verdict[panel->nr];
	struct shadow_mmu_probe *probe = &panel->probe[panel->nr];

	shadow_mmu_ask_walker(&panel->walker, &panel->regs, false, va, verdict);
	if (verdict->fault[SHADOW_MMU_S1E1R] == SHADOW_WALK_EXTERNAL) {
		shadow_mmu_note(panel->result, va, verdict, NULL);
		return NULL;
	}
	panel->va[panel->nr] = va;
	memset(probe, 0, sizeof(*probe));
	probe->low = va & shadow_geometry_last(&panel->walker.geo, false);
	probe->answer.asked = asked;
	return probe;
}

static void submitted(struct shadow_mmu_panel *panel)
{
	if (++panel->nr == SHADOW_MMU_WINDOW)
		shadow_mmu_settle(panel);
}

/**
 * shadow_mmu_submit() - have an address checked, now or with later ones
 * @panel: the panel
 * @va: an address of the panel's half
 *
 * By all four AT instructions: what EL0 may not do is as good an answer as what
 * it may.
 *
 * Context: may sleep.
 */
void shadow_mmu_submit(struct shadow_mmu_panel *panel, u64 va)
{
	if (submit(panel, va, SHADOW_MMU_ALL_AT))
		submitted(panel);
}

/**
 * shadow_mmu_submit_load() - have a word loaded, now or with later ones
 * @panel: the panel
 * @va: an address of the panel's half; the word is the one of 8 bytes there
 *
 * Only what the walker finds mapped as Normal write-back memory and inside the
 * block is loaded; the address is then also asked about by the AT instruction
 * of the load's rights, as others are. Anything else is left alone.
 *
 * Context: may sleep.
 */
void shadow_mmu_submit_load(struct shadow_mmu_panel *panel, u64 va)
{
	const struct shadow_mmu_verdict *verdict = &panel->verdict[panel->nr];
	struct shadow_mmu_probe *probe = submit(panel, va, 0);
	bool user = verdict->load == SHADOW_MMU_LDTR;

	if (!probe || verdict->load == SHADOW_MMU_NR_KINDS || !panel->block)
		return;
	probe->frame = shadow_block_contents(panel->block, verdict->pa & ~7ULL,
					     sizeof(*probe->frame));
	if (!probe->frame)
		return;
	probe->must_be = (verdict->pa & SHADOW_PAR_PA) |
			 (u64)verdict->attr << SHADOW_PAR_ATTR_SHIFT;
	probe->answer.asked = BIT(verdict->load) |
			      BIT(user ? SHADOW_MMU_S1E0R : SHADOW_MMU_S1E1R);
	submitted(panel);
}

/**
 * shadow_mmu_check_list() - compare walker and CPU on given addresses
 * @walker: the walker of one half of a machine
 * @vas: addresses of that half
 * @nr: how many
 * @block: whose frames are loaded, too, where the mapping allows it; NULL: none
 * @result: the outcome is added to what it holds; zeroed before the first call
 *
 * Context: may sleep. The tables do not change and stay allocated meanwhile.
 * Return: 0, also when the CPU cannot be asked: then nothing was checked and
 *	@result->reason says why; -ERANGE for an address outside the half,
 *	-ENOMEM. Whether they agreed is in @result.
 */
int shadow_mmu_check_list(const struct shadow_walker *walker, const u64 *vas,
			  size_t nr, const struct shadow_block *block,
			  struct shadow_mmu_result *result)
{
	struct shadow_mmu_panel *panel;
	size_t i;

	if (!shadow_mmu_can_check(walker, result->reason,
				  sizeof(result->reason)))
		return 0;
	for (i = 0; i < nr; i++) {
		if (vas[i] < shadow_geometry_first(&walker->geo, walker->upper) ||
		    vas[i] > shadow_geometry_last(&walker->geo, walker->upper))
			return -ERANGE;
	}
	panel = shadow_mmu_panel_create(walker, block, result);
	if (!panel)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		shadow_mmu_submit(panel, vas[i]);
		shadow_mmu_submit_load(panel, vas[i]);
	}
	shadow_mmu_settle(panel);
	shadow_mmu_panel_destroy(panel);
	return 0;
}
