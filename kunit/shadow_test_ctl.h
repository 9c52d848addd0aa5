/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_ctl - a whole machine in ordinary memory with its ctl, for the
 * suites of what commands do.
 */
#ifndef SHADOW_TEST_CTL_H
#define SHADOW_TEST_CTL_H

#include "shadow_test.h"

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_ctl.h"

#define BLOCK_BYTES	SZ_16M
#define NR_CPUS_HERE	4

/**
 * struct rig - a machine, its ctl, and what it asked of its host
 * @mm: the machine
 * @ctl: its ctl
 * @audit: scratch
 * @starve: host allocations that may still succeed; negative: all
 * @mmu_size: what the last mmu_check asked for
 * @mmu_seed: the same
 * @nr_checks: checks by the CPU so far
 * @patience: how often a writer is asked before he is being killed; negative:
 *	for ever
 * @reset_busy: refuse the next reset
 * @text: what was printed, so much of it as fits
 * @len: how much was printed in all
 * @lines: the same in lines
 */
struct rig {
	struct shadow_mm mm;
	struct shadow_ctl ctl;
	struct shadow_audit audit;
	int starve;
	u32 mmu_size[SHADOW_NR_MMU_SIZES];
	u64 mmu_seed;
	unsigned int nr_checks;
	int patience;
	bool reset_busy;
	char text[16384];
	size_t len;
	unsigned int lines;
};

static struct rig *the_rig __maybe_unused;

static inline void *rig_zalloc(size_t bytes)
{
	if (the_rig->starve == 0)
		return NULL;
	if (the_rig->starve > 0)
		the_rig->starve--;
	return vzalloc(bytes);
}

static inline void rig_free(void *mem)
{
	vfree(mem);
}

static const struct shadow_host_ops host = {
	.zalloc = rig_zalloc,
	.free = rig_free,
	.now = ktime_get_ns,
};

static inline int rig_mmu_check(struct shadow_mm *mm, const u32 *sizes, u64 seed, char *said,
				size_t said_bytes)
{
	memcpy(the_rig->mmu_size, sizes, sizeof(the_rig->mmu_size));
	the_rig->mmu_seed = seed;
	the_rig->nr_checks++;
	scnprintf(said, said_bytes, "checked nothing");
	return sizes[SHADOW_MMU_MAPPED] == 13 ? -EOPNOTSUPP : 0;
}

static inline int rig_reset(struct shadow_mm *mm, const struct shadow_ctl_given *given,
			    bool *down, char *said, size_t said_bytes)
{
	struct shadow_ctl_given left = *given;
	const char *value;
	unsigned int id;
	size_t len;
	int err;

	if (the_rig->reset_busy) {
		scnprintf(said, said_bytes, "busy");
		return -EBUSY;
	}
	while (shadow_ctl_given_next(&left, &id, &value, &len)) {
		if (id == SHADOW_PARAM_UNTIL)
			mm->cfg.until = len ? shadow_phase_find(value, len) : SHADOW_NR_PHASES - 1;
		if (id == SHADOW_PARAM_EARLY)
			mm->cfg.early = len && value[0] == 'b' ? "bootmem" : "memblock";
	}
	*down = true;
	shadow_boot_down(mm);
	err = shadow_boot_up(mm);
	scnprintf(said, said_bytes, "booted: %d", err);
	return err;
}

static inline int rig_step(struct shadow_mm *mm, unsigned int last, bool *down, char *said,
			   size_t said_bytes)
{
	int err = shadow_boot_step(mm, last);

	*down = err;
	scnprintf(said, said_bytes, "%u phases: %d", mm->boot.nr_done, err);
	return err;
}

static inline int rig_create(struct shadow_mm *mm, const char *name,
			     const struct shadow_ctl_given *given, char *said,
			     size_t said_bytes)
{
	struct shadow_ctl_given left = *given;
	const char *value;
	unsigned int id;
	size_t len, at;

	at = scnprintf(said, said_bytes, "created %s", name);
	while (shadow_ctl_given_next(&left, &id, &value, &len))
		at += scnprintf(said + at, said_bytes - at, " %s:%.*s:",
				shadow_param_table[id].name, (int)len, value);
	return strcmp(name, "other") ? 0 : -EEXIST;
}

static inline int rig_destroy(struct shadow_mm *mm, const char *name, char *said,
			      size_t said_bytes)
{
	/* What another writer does while the mutex is not held */
	strscpy(the_rig->ctl.said, "another one's", sizeof(the_rig->ctl.said));
	the_rig->ctl.last_line = 99;
	the_rig->ctl.last_ran = 99;
	scnprintf(said, said_bytes, "destroyed %s", name);
	return 0;
}

static inline int rig_compare(struct shadow_mm *mm, const char *trace, char *said,
			      size_t said_bytes)
{
	strscpy(the_rig->ctl.said, "another one's", sizeof(the_rig->ctl.said));
	scnprintf(said, said_bytes, "compared %s", trace);
	return strcmp(trace, "missing") ? 0 : -ENODEV;
}

static inline bool rig_interrupted(struct shadow_mm *mm)
{
	if (the_rig->patience > 0)
		the_rig->patience--;
	return !the_rig->patience;
}

static const struct shadow_ctl_ops ops = {
	.mmu_check = rig_mmu_check,
	.create = rig_create,
	.destroy = rig_destroy,
	.compare = rig_compare,
	.reset = rig_reset,
	.step = rig_step,
	.interrupted = rig_interrupted,
};

static inline void rig_boot(struct kunit *test, struct rig *rig)
{
	struct shadow_mm *mm = &rig->mm;

	KUNIT_ASSERT_EQ_MSG(test, shadow_boot_up(mm), 0, "%s: %s",
			    shadow_phase_name(mm->boot.nr_done),
			    mm->boot.record[mm->boot.nr_done].effect);
}

static inline int rig_init(struct kunit *test)
{
	static const struct shadow_host_facts facts = {
		.page_shift = 12, .arm64 = true, .pa_bits = 48,
	};
	struct rig *rig = shadow_test_alloc(test, sizeof(*rig));
	struct shadow_param_strings *in = shadow_test_alloc(test, sizeof(*in));
	struct shadow_mm *mm = &rig->mm;

	test->priv = rig;
	the_rig = rig;
	rig->starve = -1;
	rig->patience = -1;
	in->value[SHADOW_PARAM_SIZE] = "16M";
	KUNIT_ASSERT_EQ_MSG(test, shadow_params_check(in, &facts, &mm->cfg, rig->text,
						      sizeof(rig->text)), 0, "%s", rig->text);
	strscpy(mm->name, "main", sizeof(mm->name));
	mm->host = &host;
	mm->nr_cpus = NR_CPUS_HERE;
	mm->cpu_id.mmfr0 = 5;
	shadow_test_block(test, &mm->block, SHADOW_TEST_BASE, BLOCK_BYTES);
	KUNIT_ASSERT_EQ(test, shadow_params_place(&mm->cfg, &mm->block, &mm->places, rig->text,
						  sizeof(rig->text)), 0);
	rig_boot(test, rig);
	KUNIT_ASSERT_EQ(test, shadow_ctl_init(&rig->ctl, mm, &ops), 0);
	return 0;
}

static inline void rig_exit(struct kunit *test)
{
	struct rig *rig = test->priv;

	if (!rig || !rig->ctl.mm)
		return;
	shadow_ctl_fini(&rig->ctl);
	shadow_boot_down(&rig->mm);
	test->priv = NULL;
}

/* --------------------------------------------------------------- helpers -- */

static inline void emit(void *to, const char *text)
{
	struct rig *rig = to;
	size_t len = strlen(text);

	if (rig->len + len < sizeof(rig->text))
		memcpy(rig->text + rig->len, text, len + 1);
	rig->len += len;
	for (; *text; text++)
		rig->lines += *text == '\n';
}

static inline const char *show(struct rig *rig)
{
	rig->len = 0;
	rig->lines = 0;
	rig->text[0] = '\0';
	shadow_ctl_print(&rig->ctl, false, emit, rig);
	return rig->text;
}

/* Not one of the host's allocations that are being counted */
static inline int rig_audit(struct rig *rig)
{
	int starve = rig->starve, err;

	rig->starve = -1;
	err = shadow_audit(&rig->mm, &rig->audit);
	rig->starve = starve;
	return err;
}

static inline void expect_healthy(struct kunit *test, struct rig *rig)
{
	KUNIT_ASSERT_EQ_MSG(test, rig_audit(rig), 0, "%s",
			    rig->audit.fault.text);
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&rig->mm.fault), "%s",
			       rig->mm.fault.text);
}

static inline u64 owned(struct rig *rig, enum shadow_owner owner)
{
	rig_audit(rig);
	return rig->audit.owned[owner];
}

static inline ssize_t say(struct rig *rig, const char *text)
{
	return shadow_ctl_write(&rig->ctl, text, strlen(text));
}

static inline void expect_ok(struct kunit *test, struct rig *rig, const char *text)
{
	KUNIT_EXPECT_EQ_MSG(test, say(rig, text), strlen(text), "'%s': %s", text, rig->ctl.said);
}

static inline void expect_said(struct kunit *test, struct rig *rig, const char *text,
			       const char *says)
{
	expect_ok(test, rig, text);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(rig->ctl.said, says), "'%s': '%s' in '%s'",
				  text, says, rig->ctl.said);
}

/* Refused at its first line, with that errno and these words, without effect. */
static inline void expect_refused(struct kunit *test, struct rig *rig, const char *text,
				  int err, const char *says)
{
	u64 next_id = rig->ctl.next_id, nr_live = rig->ctl.nr_live;
	u64 in_use[SHADOW_NR_OWNERS];

	rig_audit(rig);
	memcpy(in_use, rig->audit.owned, sizeof(in_use));
	KUNIT_EXPECT_EQ_MSG(test, say(rig, text), err, "'%s': %s", text, rig->ctl.said);
	KUNIT_EXPECT_EQ(test, rig->ctl.last_err, err);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(rig->ctl.said, says), "'%s' in '%s'", says,
				  rig->ctl.said);
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), says));
	KUNIT_EXPECT_EQ(test, rig->ctl.next_id, next_id);
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, nr_live);
	rig_audit(rig);
	KUNIT_EXPECT_EQ(test, in_use[SHADOW_OWNER_DIRECT], rig->audit.owned[SHADOW_OWNER_DIRECT]);
	KUNIT_EXPECT_EQ(test, in_use[SHADOW_OWNER_KMALLOC], rig->audit.owned[SHADOW_OWNER_KMALLOC]);
	KUNIT_EXPECT_EQ(test, in_use[SHADOW_OWNER_VMALLOC], rig->audit.owned[SHADOW_OWNER_VMALLOC]);
}

#endif /* SHADOW_TEST_CTL_H */
