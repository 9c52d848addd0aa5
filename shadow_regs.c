// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_regs - the system registers that say how an address is translated.
 *
 * Values follow __cpu_setup of arch/arm64/mm/proc.S, the fields the register
 * descriptions of the Arm ARM. Decoding believes nothing but the registers, so
 * that it serves a shadow machine and the running host alike.
 */
#include "shadow_regs.h"

/* MAIR_EL1 attributes */
#define MAIR_DEVICE_NGNRNE	0x00ULL
#define MAIR_DEVICE_NGNRE	0x04ULL
#define MAIR_NORMAL_NC		0x44ULL
#define MAIR_NORMAL		0xffULL

/* Cacheability of table walks, shareability: the same codes in all fields */
#define TCR_WBWA		1ULL
#define TCR_INNER		3ULL

/* SCTLR_EL1, those that Linux sets */
#define SCTLR_C			BIT_ULL(2)
#define SCTLR_SA		BIT_ULL(3)
#define SCTLR_SA0		BIT_ULL(4)
#define SCTLR_SED		BIT_ULL(8)
#define SCTLR_EOS		BIT_ULL(11)
#define SCTLR_I			BIT_ULL(12)
#define SCTLR_DZE		BIT_ULL(14)
#define SCTLR_UCT		BIT_ULL(15)
#define SCTLR_NTWE		BIT_ULL(18)
#define SCTLR_TSCXT		BIT_ULL(20)
#define SCTLR_IESB		BIT_ULL(21)
#define SCTLR_EIS		BIT_ULL(22)
#define SCTLR_SPAN		BIT_ULL(23)
#define SCTLR_UCI		BIT_ULL(26)
#define SCTLR_NTLSMD		BIT_ULL(28)
#define SCTLR_LSMAOE		BIT_ULL(29)
#define SCTLR_ITFSB		BIT_ULL(37)
#define SCTLR_EPAN		BIT_ULL(57)

/* ID_AA64MMFR*_EL1: fields of 4 bits */
#define MMFR0_PARANGE		0
#define MMFR0_TGRAN16		20
#define MMFR0_TGRAN64		24
#define MMFR0_TGRAN4		28
#define MMFR1_HAFDBS		0
#define MMFR2_VARANGE		16

static unsigned int id_field(u64 reg, unsigned int shift)
{
	return reg >> shift & 0xf;
}

static unsigned int tcr_field(u64 tcr, unsigned int shift, unsigned int bits)
{
	return tcr >> shift & (BIT(bits) - 1);
}

/* ID_AA64MMFR0_EL1.PARange and TCR_EL1.IPS share their codes */
static const u8 pa_sizes[] = { 32, 36, 40, 42, 44, 48, 52 };

static unsigned int pa_size_code(unsigned int bits)
{
	unsigned int code = ARRAY_SIZE(pa_sizes) - 1;

	while (code && pa_sizes[code] > bits)
		code--;
	return code;
}

/**
 * shadow_regs_pa_bits() - size of a CPU's physical addresses
 * @id: the CPU
 *
 * Context: any.
 * Return: bits; 52 also for a CPU that has more.
 */
unsigned int shadow_regs_pa_bits(const struct shadow_cpu_id *id)
{
	unsigned int range = id_field(id->mmfr0, MMFR0_PARANGE);

	return pa_sizes[min_t(unsigned int, range, ARRAY_SIZE(pa_sizes) - 1)];
}

/**
 * shadow_regs_mair() - MAIR_EL1 with Linux's order of memory types
 *
 * Context: any.
 * Return: the value, MAIR_EL1_SET of arch/arm64/mm/proc.S. As there, the tagged
 * type is plain Normal until MTE is set up.
 */
u64 shadow_regs_mair(void)
{
	return MAIR_NORMAL << (8 * SHADOW_MT_NORMAL) |
	       MAIR_NORMAL << (8 * SHADOW_MT_NORMAL_TAGGED) |
	       MAIR_NORMAL_NC << (8 * SHADOW_MT_NORMAL_NC) |
	       MAIR_DEVICE_NGNRNE << (8 * SHADOW_MT_DEVICE_NGNRNE) |
	       MAIR_DEVICE_NGNRE << (8 * SHADOW_MT_DEVICE_NGNRE);
}

static u64 tcr_granule(unsigned int page_shift)
{
	/* Two fields, two encodings */
	u64 tg0 = page_shift == 12 ? 0 : page_shift == 14 ? 2 : 1;
	u64 tg1 = page_shift == 12 ? 2 : page_shift == 14 ? 1 : 3;

	return tg0 << SHADOW_TCR_TG0_SHIFT | tg1 << SHADOW_TCR_TG1_SHIFT;
}

/**
 * shadow_regs_tcr() - TCR_EL1 as Linux would set it
 * @lower: geometry of the half of TTBR0
 * @upper: geometry of the half of TTBR1; granule, format and size of the output
 *	are its
 * @id: the CPU
 *
 * Context: any.
 * Return: the value. The dirty state is not managed by hardware: Linux turns
 * HD on later, and the shadow has nobody who would look at it.
 */
u64 shadow_regs_tcr(const struct shadow_geometry *lower,
		    const struct shadow_geometry *upper,
		    const struct shadow_cpu_id *id)
{
	unsigned int pa_bits = min_t(unsigned int, upper->pa_bits,
				     shadow_regs_pa_bits(id));
	u64 tcr = SHADOW_TCR_A1 | SHADOW_TCR_AS | SHADOW_TCR_TBI0 |
		  SHADOW_TCR_NFD1;

	tcr |= (64ULL - lower->va_bits) << SHADOW_TCR_T0SZ_SHIFT;
	tcr |= (64ULL - upper->va_bits) << SHADOW_TCR_T1SZ_SHIFT;
	tcr |= TCR_WBWA << SHADOW_TCR_IRGN0_SHIFT |
	       TCR_WBWA << SHADOW_TCR_ORGN0_SHIFT |
	       TCR_WBWA << SHADOW_TCR_IRGN1_SHIFT |
	       TCR_WBWA << SHADOW_TCR_ORGN1_SHIFT;
	tcr |= TCR_INNER << SHADOW_TCR_SH0_SHIFT |
	       TCR_INNER << SHADOW_TCR_SH1_SHIFT;
	tcr |= tcr_granule(upper->page_shift);
	tcr |= (u64)pa_size_code(pa_bits) << SHADOW_TCR_IPS_SHIFT;
	if (upper->lpa2)
		tcr |= SHADOW_TCR_DS;
	if (id_field(id->mmfr1, MMFR1_HAFDBS))
		tcr |= SHADOW_TCR_HA;
	return tcr;
}

/**
 * shadow_regs_ttbr() - a root as TTBRx_EL1 holds it
 * @geo: geometry of the half
 * @root: physical address of the root, page aligned
 *
 * Context: any.
 * Return: the value: ASID 0, CnP 0. With 52-bit addresses bits 5:2 are
 * PA[51:48]; follows phys_to_ttbr of arch/arm64/include/asm/assembler.h.
 */
u64 shadow_regs_ttbr(const struct shadow_geometry *geo, phys_addr_t root)
{
	if (geo->pa_bits <= 48)
		return root;
	return (root & GENMASK_ULL(47, 6)) |
	       (root & GENMASK_ULL(51, 48)) >> 46;
}

/**
 * shadow_regs_sctlr_off() - SCTLR_EL1 while the MMU is off
 *
 * Context: any.
 * Return: INIT_SCTLR_EL1_MMU_OFF of arch/arm64/include/asm/sysreg.h.
 */
u64 shadow_regs_sctlr_off(void)
{
	return SCTLR_LSMAOE | SCTLR_NTLSMD | SCTLR_EIS | SCTLR_TSCXT |
	       SCTLR_EOS;
}

/**
 * shadow_regs_sctlr_on() - SCTLR_EL1 when the MMU is on
 *
 * Context: any.
 * Return: INIT_SCTLR_EL1_MMU_ON of arch/arm64/include/asm/sysreg.h.
 */
u64 shadow_regs_sctlr_on(void)
{
	return shadow_regs_sctlr_off() | SHADOW_SCTLR_M | SCTLR_C | SCTLR_SA |
	       SCTLR_SA0 | SCTLR_SED | SCTLR_I | SCTLR_DZE | SCTLR_UCT |
	       SCTLR_NTWE | SCTLR_IESB | SCTLR_SPAN | SCTLR_ITFSB | SCTLR_UCI |
	       SCTLR_EPAN;
}

/**
 * shadow_regs_reset() - the register file as the boot loader leaves it
 * @regs: filled
 * @dtb: physical address of the device tree
 *
 * Follows Documentation/arch/arm64/booting.rst: the MMU is off, x0 holds the
 * address of the device tree; init_kernel_el has gone to EL1.
 *
 * Context: any.
 */
void shadow_regs_reset(struct shadow_regs *regs, phys_addr_t dtb)
{
	memset(regs, 0, sizeof(*regs));
	regs->x0 = dtb;
	regs->currentel = SHADOW_CURRENTEL_EL1;
	regs->sctlr = shadow_regs_sctlr_off();
}

static bool same_format(const struct shadow_geometry *lower,
			const struct shadow_geometry *upper)
{
	return lower->page_shift == upper->page_shift &&
	       lower->lpa2 == upper->lpa2 && lower->pa_bits == upper->pa_bits;
}

/**
 * shadow_regs_cpu_setup() - what __cpu_setup does
 * @regs: MAIR_EL1 and TCR_EL1 are set
 * @lower: geometry of the half of TTBR0
 * @upper: geometry of the half of TTBR1
 * @id: the CPU
 *
 * Context: any.
 * Return: 0; -EINVAL where the halves differ in what they share in TCR_EL1;
 * -EBUSY where the MMU is on.
 */
int shadow_regs_cpu_setup(struct shadow_regs *regs,
			  const struct shadow_geometry *lower,
			  const struct shadow_geometry *upper,
			  const struct shadow_cpu_id *id)
{
	if (!same_format(lower, upper))
		return -EINVAL;
	if (regs->sctlr & SHADOW_SCTLR_M)
		return -EBUSY;
	regs->mair = shadow_regs_mair();
	regs->tcr = shadow_regs_tcr(lower, upper, id);
	return 0;
}

/**
 * shadow_regs_enable_mmu() - what __enable_mmu does
 * @regs: TTBR0_EL1, TTBR1_EL1 and SCTLR_EL1 are set
 * @lower: geometry of the half of TTBR0
 * @ttbr0: physical address of the identity map's root
 * @upper: geometry of the half of TTBR1
 * @ttbr1: physical address of the kernel's root
 *
 * Context: any.
 * Return: 0; -EINVAL if TCR_EL1 was not set up for these geometries.
 */
int shadow_regs_enable_mmu(struct shadow_regs *regs,
			   const struct shadow_geometry *lower,
			   phys_addr_t ttbr0,
			   const struct shadow_geometry *upper,
			   phys_addr_t ttbr1)
{
	struct shadow_geometry geo;

	if (shadow_regs_geometry(regs, false, &geo) ||
	    geo.va_bits != lower->va_bits || !same_format(lower, upper) ||
	    shadow_regs_geometry(regs, true, &geo) ||
	    geo.va_bits != upper->va_bits ||
	    geo.page_shift != upper->page_shift || geo.lpa2 != upper->lpa2)
		return -EINVAL;
	regs->ttbr0 = shadow_regs_ttbr(lower, ttbr0);
	regs->ttbr1 = shadow_regs_ttbr(upper, ttbr1);
	regs->sctlr = shadow_regs_sctlr_on();
	return 0;
}

/**
 * shadow_regs_set_lower() - other tables for the lower half
 * @regs: TTBR0_EL1 and TCR_EL1.T0SZ are set
 * @lower: geometry of the half; its format is what TCR_EL1 says
 * @ttbr0: physical address of the root
 *
 * Follows __cpu_set_tcr_t0sz() and cpu_switch_mm() of
 * arch/arm64/include/asm/mmu_context.h.
 *
 * Context: any.
 */
void shadow_regs_set_lower(struct shadow_regs *regs,
			   const struct shadow_geometry *lower,
			   phys_addr_t ttbr0)
{
	regs->tcr &= ~(0x3fULL << SHADOW_TCR_T0SZ_SHIFT);
	regs->tcr |= (64ULL - lower->va_bits) << SHADOW_TCR_T0SZ_SHIFT;
	regs->ttbr0 = shadow_regs_ttbr(lower, ttbr0);
}

/* 0 for the code that is reserved */
static unsigned int tcr_page_shift(u64 tcr, bool upper)
{
	static const u8 tg0[] = { 12, 16, 14, 0 };
	static const u8 tg1[] = { 0, 14, 12, 16 };

	if (upper)
		return tg1[tcr_field(tcr, SHADOW_TCR_TG1_SHIFT, 2)];
	return tg0[tcr_field(tcr, SHADOW_TCR_TG0_SHIFT, 2)];
}

/**
 * shadow_regs_geometry() - geometry of a half as TCR_EL1 says
 * @regs: the registers, of a shadow or of a host
 * @upper: the half of TTBR1
 * @geo: filled
 *
 * Context: any.
 * Return: 0, or -EINVAL where TCR_EL1 holds what the architecture does not
 * have: what a walk would do then is up to the implementation.
 */
int shadow_regs_geometry(const struct shadow_regs *regs, bool upper,
			 struct shadow_geometry *geo)
{
	unsigned int shift = upper ? SHADOW_TCR_T1SZ_SHIFT :
				     SHADOW_TCR_T0SZ_SHIFT;
	unsigned int va_bits = 64 - tcr_field(regs->tcr, shift, 6);
	unsigned int page_shift = tcr_page_shift(regs->tcr, upper);
	unsigned int ips = tcr_field(regs->tcr, SHADOW_TCR_IPS_SHIFT, 3);
	bool lpa2 = (regs->tcr & SHADOW_TCR_DS) && page_shift != 16;
	unsigned int pa_bits;

	if (!page_shift || ips >= ARRAY_SIZE(pa_sizes))
		return -EINVAL;
	pa_bits = pa_sizes[ips];
	/* 52 bits need a format that holds them */
	if (page_shift != 16 && !lpa2)
		pa_bits = min(pa_bits, 48U);
	return shadow_geometry_init_any(geo, page_shift, va_bits, pa_bits,
					lpa2);
}

/**
 * shadow_regs_root() - physical address of a half's first table
 * @regs: the registers, of a shadow or of a host
 * @upper: the half of TTBR1
 *
 * The root need not be page aligned: Linux with 52-bit addresses on a CPU with
 * 48 uses the upper part of the larger root.
 *
 * Context: any.
 * Return: the address. ASID and CnP are left out; with 52-bit addresses bits
 * 5:2 are PA[51:48].
 */
phys_addr_t shadow_regs_root(const struct shadow_regs *regs, bool upper)
{
	u64 ttbr = upper ? regs->ttbr1 : regs->ttbr0;
	bool large = tcr_page_shift(regs->tcr, upper) == 16 ?
		tcr_field(regs->tcr, SHADOW_TCR_IPS_SHIFT, 3) == 6 :
		regs->tcr & SHADOW_TCR_DS;

	if (large)
		return (ttbr & GENMASK_ULL(47, 6)) |
		       (ttbr & GENMASK_ULL(5, 2)) << 46;
	return ttbr & GENMASK_ULL(47, 1);
}

/* Is an address in the half that its bit 55 names? */
static bool in_half(const struct shadow_walker *walker, u64 va)
{
	if (walker->tbi)
		va = walker->upper ? va | GENMASK_ULL(63, 56) :
				     va & GENMASK_ULL(55, 0);
	return va >= shadow_geometry_first(&walker->geo, walker->upper) &&
	       va <= shadow_geometry_last(&walker->geo, walker->upper);
}

/**
 * shadow_regs_walker() - a walker for the half that an address selects
 * @regs: the registers, of a shadow or of a host
 * @va: the address
 * @read: reads descriptors
 * @ctx: for @read
 * @walker: filled in any case
 *
 * Bit 55 selects the half. While the MMU is off the walker is the identity.
 *
 * Context: any.
 * Return: 0; -ENXIO for an address between the halves, which @walker makes a
 * translation fault at level 0; -EINVAL for what shadow_regs_geometry() does
 * not accept, likewise.
 */
int shadow_regs_walker(const struct shadow_regs *regs, u64 va,
		       int (*read)(void *ctx, phys_addr_t pa, u64 *desc),
		       void *ctx, struct shadow_walker *walker)
{
	bool upper = va & BIT_ULL(55);
	u64 tcr = regs->tcr;
	int err;

	memset(walker, 0, sizeof(*walker));
	walker->read = read;
	walker->ctx = ctx;
	if (!(regs->sctlr & SHADOW_SCTLR_M)) {
		walker->identity = true;
		return shadow_geometry_init(&walker->geo, 12, 48, 48, false);
	}
	walker->upper = upper;
	walker->tbi = tcr & (upper ? SHADOW_TCR_TBI1 : SHADOW_TCR_TBI0);
	walker->hpd = tcr & (upper ? SHADOW_TCR_HPD1 : SHADOW_TCR_HPD0);
	walker->disabled = tcr & (upper ? SHADOW_TCR_EPD1 : SHADOW_TCR_EPD0);
	walker->ha = tcr & SHADOW_TCR_HA;
	walker->hd = walker->ha && (tcr & SHADOW_TCR_HD);
	walker->root = shadow_regs_root(regs, upper);
	err = shadow_regs_geometry(regs, upper, &walker->geo);
	if (err) {
		walker->disabled = true;
		return err;
	}
	walker->between = !in_half(walker, va);
	return walker->between ? -ENXIO : 0;
}

/**
 * shadow_regs_forbids() - what keeps a CPU from using a geometry
 * @id: the CPU
 * @geo: the geometry
 *
 * Context: any.
 * Return: the register field that forbids it, or NULL.
 */
const char *shadow_regs_forbids(const struct shadow_cpu_id *id,
				const struct shadow_geometry *geo)
{
	unsigned int tgran16 = id_field(id->mmfr0, MMFR0_TGRAN16);
	unsigned int tgran64 = id_field(id->mmfr0, MMFR0_TGRAN64);
	unsigned int tgran4 = id_field(id->mmfr0, MMFR0_TGRAN4);

	if (geo->page_shift == 12 && (tgran4 == 0xf || (geo->lpa2 && !tgran4)))
		return "ID_AA64MMFR0_EL1.TGran4";
	if (geo->page_shift == 14 && (!tgran16 || (geo->lpa2 && tgran16 < 2)))
		return "ID_AA64MMFR0_EL1.TGran16";
	if (geo->page_shift == 16 && tgran64 == 0xf)
		return "ID_AA64MMFR0_EL1.TGran64";
	/* For the smaller granules TGran has said it already */
	if (geo->page_shift == 16 && geo->va_bits > 48 &&
	    !id_field(id->mmfr2, MMFR2_VARANGE))
		return "ID_AA64MMFR2_EL1.VARange";
	if (geo->pa_bits > 48 && shadow_regs_pa_bits(id) < 52)
		return "ID_AA64MMFR0_EL1.PARange";
	return NULL;
}

/**
 * shadow_regs_attr() - memory type of a leaf
 * @regs: the registers
 * @attrs: attributes of the leaf
 *
 * Context: any.
 * Return: the byte of MAIR_EL1 that AttrIndx selects.
 */
unsigned int shadow_regs_attr(const struct shadow_regs *regs, u64 attrs)
{
	unsigned int index = (attrs & SHADOW_ATTR_INDX) >>
			     SHADOW_ATTR_INDX_SHIFT;

	return regs->mair >> (8 * index) & 0xff;
}

static const char *cache_name(unsigned int code)
{
	static const char *const names[] = { "WT-transient", "WB-transient", "WT", "WB" };

	return code == 4 ? "NC" : names[code >> 2];
}

/* Which accesses allocate; that all do is what goes without saying */
static const char *cache_hint(unsigned int code)
{
	static const char *const hints[] = { "(no-alloc)", "(write-alloc)", "(read-alloc)", "" };

	return code == 4 ? "" : hints[code & 3];
}

/**
 * shadow_regs_memory_name() - a memory type in words
 * @attr: a byte of MAIR_EL1
 * @text: filled, without blanks: Device-nGnRE, Normal-NC, Normal-WB, or with
 *	both levels where they differ: Normal-outer-WB-inner-NC
 * @size: bytes that @text has room for; SHADOW_MEMORY_NAME are enough for what
 *	systems use, the rest is cut
 *
 * Follows the description of MAIR_EL1 of the Arm ARM.
 *
 * Context: any.
 */
void shadow_regs_memory_name(unsigned int attr, char *text, size_t size)
{
	static const char *const device[] = { "nGnRnE", "nGnRE", "nGRE", "GRE" };
	unsigned int outer = attr >> 4, inner = attr & 0xf;

	if (attr == 0xf0)
		snprintf(text, size, "Normal-WB-tagged");
	else if (!outer && !(inner & 3))
		snprintf(text, size, "Device-%s", device[inner >> 2]);
	else if (!outer || !inner)
		snprintf(text, size, "reserved-0x%02x", attr);
	else if (outer == inner)
		snprintf(text, size, "Normal-%s%s", cache_name(outer),
			 cache_hint(outer));
	else
		snprintf(text, size, "Normal-outer-%s%s-inner-%s%s",
			 cache_name(outer), cache_hint(outer),
			 cache_name(inner), cache_hint(inner));
}

/**
 * shadow_regs_leaf_sh() - shareability that the tables give a leaf
 * @regs: the registers
 * @upper: the half of TTBR1
 * @attrs: attributes of the leaf
 *
 * Context: any.
 * Return: 0: not, 2: outer, 3: inner shareable; of the descriptor, or with DS=1,
 * where it has no room for it, of TCR_EL1.
 */
unsigned int shadow_regs_leaf_sh(const struct shadow_regs *regs, bool upper,
				 u64 attrs)
{
	if ((regs->tcr & SHADOW_TCR_DS) &&
	    tcr_page_shift(regs->tcr, upper) != 16)
		return tcr_field(regs->tcr, upper ? SHADOW_TCR_SH1_SHIFT :
						    SHADOW_TCR_SH0_SHIFT, 2);
	return (attrs & SHADOW_ATTR_SH) >> SHADOW_ATTR_SH_SHIFT;
}

/**
 * shadow_regs_sh() - shareability of a leaf
 * @regs: the registers
 * @upper: the half of TTBR1
 * @attrs: attributes of the leaf
 *
 * Follows the description of PAR_EL1.SH: Device memory and Normal memory that
 * is non-cacheable at both levels are outer shareable whatever the tables say.
 *
 * Context: any.
 * Return: 0: not, 2: outer, 3: inner shareable.
 */
unsigned int shadow_regs_sh(const struct shadow_regs *regs, bool upper,
			    u64 attrs)
{
	unsigned int attr = shadow_regs_attr(regs, attrs);

	if (!(attr & 0xf0) || attr == MAIR_NORMAL_NC)
		return 2;
	return shadow_regs_leaf_sh(regs, upper, attrs);
}
