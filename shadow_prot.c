// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_prot - protections by name: Linux's, and letters that a person types.
 */
#include "shadow_pgtable.h"

static const struct {
	const char *name;
	u64 prot;
} prots[] = {
	{ "PAGE_KERNEL",		SHADOW_PAGE_KERNEL },
	{ "PAGE_KERNEL_RO",		SHADOW_PAGE_KERNEL_RO },
	{ "PAGE_KERNEL_ROX",		SHADOW_PAGE_KERNEL_ROX },
	{ "PAGE_KERNEL_EXEC",		SHADOW_PAGE_KERNEL_EXEC },
	{ "PAGE_KERNEL_TAGGED",		SHADOW_PAGE_KERNEL_TAGGED },
	{ "PAGE_SHARED",		SHADOW_PAGE_SHARED },
	{ "PAGE_SHARED_EXEC",		SHADOW_PAGE_SHARED_EXEC },
	{ "PAGE_READONLY",		SHADOW_PAGE_READONLY },
	{ "PAGE_READONLY_EXEC",		SHADOW_PAGE_READONLY_EXEC },
	{ "PAGE_EXECONLY",		SHADOW_PAGE_EXECONLY },
	{ "PROT_DEVICE_nGnRnE",		SHADOW_PROT_DEVICE_NGNRNE },
	{ "PROT_DEVICE_nGnRE",		SHADOW_PROT_DEVICE_NGNRE },
	{ "PROT_NORMAL_NC",		SHADOW_PROT_NORMAL_NC },
	{ "PROT_NORMAL",		SHADOW_PROT_NORMAL },
	{ "PROT_NORMAL_TAGGED",		SHADOW_PROT_NORMAL_TAGGED },
};

/* Bits of a set of letters */
#define R	BIT(0)
#define W	BIT(1)
#define X	BIT(2)
#define U	BIT(3)

static unsigned int letter(char c)
{
	switch (c) {
	case 'r':
		return R;
	case 'w':
		return W;
	case 'x':
		return X;
	case 'u':
		return U;
	default:
		return 0;
	}
}

/* Which sets make sense: readable, or what only EL0 executes */
static bool letters_make_sense(unsigned int set, u64 mt)
{
	if (mt == SHADOW_MT_DEVICE_NGNRE && (set & X))
		return false;
	return (set & R) || set == (X | U);
}

static u64 prot_of_letters(unsigned int set, u64 mt)
{
	u64 prot = SHADOW_PROT_DEFAULT | SHADOW_ATTR_INDEX(mt) | SHADOW_PTE_XN;

	prot |= set & W ? SHADOW_PTE_WRITE : SHADOW_ATTR_RDONLY;
	if (set & U) {
		prot |= SHADOW_ATTR_NG;
		if (set & R)
			prot |= SHADOW_ATTR_USER;
		if (set & X)
			prot &= ~SHADOW_ATTR_UXN;
	} else if (set & X) {
		prot &= ~SHADOW_ATTR_PXN;
	}
	/* As Linux has it: kernel memory is dirty from the start */
	if (mt == SHADOW_MT_NORMAL && (set & (U | W)) != U)
		prot |= SHADOW_PTE_DIRTY;
	return prot;
}

/**
 * shadow_prot_parse() - a protection from what a person writes
 * @name: one of Linux's names (PAGE_KERNEL_RO, PROT_DEVICE_nGnRE, ...), or
 *	letters out of "rwxu" (read, write, execute, for EL0), each at most
 *	once, and after a comma "dev" (Device-nGnRE) or "nc" (Normal
 *	non-cacheable)
 * @prot: filled
 *
 * Letters say what is allowed at once: "rwu" is writable, while Linux's
 * PAGE_SHARED becomes so when hardware or a fault marks it dirty.
 *
 * Context: any.
 * Return: 0, or -EINVAL for what makes no sense.
 */
int shadow_prot_parse(const char *name, u64 *prot)
{
	u64 mt = SHADOW_MT_NORMAL;
	unsigned int i, set = 0;

	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		if (!strcmp(name, prots[i].name)) {
			*prot = prots[i].prot;
			return 0;
		}
	}
	for (; *name && *name != ','; name++) {
		if (!letter(*name) || (set & letter(*name)))
			return -EINVAL;
		set |= letter(*name);
	}
	if (!strcmp(name, ",dev"))
		mt = SHADOW_MT_DEVICE_NGNRE;
	else if (!strcmp(name, ",nc"))
		mt = SHADOW_MT_NORMAL_NC;
	else if (*name)
		return -EINVAL;
	if (!letters_make_sense(set, mt))
		return -EINVAL;
	*prot = prot_of_letters(set, mt);
	return 0;
}

/**
 * shadow_prot_name() - Linux's name of a protection
 * @prot: the protection
 *
 * Context: any.
 * Return: the name, or NULL where Linux has none for just these bits.
 */
const char *shadow_prot_name(u64 prot)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(prots); i++)
		if (prots[i].prot == prot)
			return prots[i].name;
	return NULL;
}

/**
 * shadow_prot_letters() - a protection in letters
 * @prot: the protection
 * @text: filled, as shadow_prot_parse() reads it
 * @size: bytes that @text has room for; SHADOW_PROT_TEXT are enough
 *
 * Context: any.
 */
void shadow_prot_letters(u64 prot, char *text, size_t size)
{
	bool user = (prot & SHADOW_ATTR_USER) || !(prot & SHADOW_ATTR_UXN);
	bool write = !(prot & SHADOW_ATTR_RDONLY) || (prot & SHADOW_PTE_WRITE);
	bool exec = !(prot & (user ? SHADOW_ATTR_UXN : SHADOW_ATTR_PXN));
	bool read = !user || (prot & SHADOW_ATTR_USER);
	const char *type = "";

	switch ((prot & SHADOW_ATTR_INDX) >> SHADOW_ATTR_INDX_SHIFT) {
	case SHADOW_MT_DEVICE_NGNRNE:
	case SHADOW_MT_DEVICE_NGNRE:
		type = ",dev";
		break;
	case SHADOW_MT_NORMAL_NC:
		type = ",nc";
		break;
	}
	snprintf(text, size, "%s%s%s%s%s", read ? "r" : "", write ? "w" : "",
		 exec ? "x" : "", user ? "u" : "", type);
}

/**
 * shadow_prot_is_wx() - is something both writable and executable?
 * @prot: the protection
 *
 * What hardware may make writable (DBM) counts as writable.
 *
 * Context: any.
 * Return: true if one exception level may do both.
 */
bool shadow_prot_is_wx(u64 prot)
{
	bool write = !(prot & SHADOW_ATTR_RDONLY) || (prot & SHADOW_PTE_WRITE);
	bool user_write = write && (prot & SHADOW_ATTR_USER);

	/* EL1 never executes what EL0 may write, whatever PXN says */
	return (write && !user_write && !(prot & SHADOW_ATTR_PXN)) ||
	       (user_write && !(prot & SHADOW_ATTR_UXN));
}

/**
 * shadow_prot_check() - may a leaf have this protection?
 * @prot: the protection
 * @force: even writable and executable
 *
 * Context: any.
 * Return: 0; -EINVAL for bits that are not a protection's, a clear access flag,
 * a reserved shareability or a memory type that MAIR_EL1 does not have; -EPERM
 * for writable and executable.
 */
int shadow_prot_check(u64 prot, bool force)
{
	if (prot & ~SHADOW_PROT_MASK || !(prot & SHADOW_ATTR_AF) ||
	    (prot & SHADOW_ATTR_SH) == 1ULL << SHADOW_ATTR_SH_SHIFT ||
	    (prot & SHADOW_ATTR_INDX) >
	    SHADOW_ATTR_INDEX(SHADOW_MT_DEVICE_NGNRE))
		return -EINVAL;
	return shadow_prot_is_wx(prot) && !force ? -EPERM : 0;
}
