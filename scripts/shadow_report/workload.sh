# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
#
# What `make demo` lets a machine do: caches grow, movable and unmovable pages
# mix, half of them go, large blocks are asked for, areas are mapped, memory is
# filled to the marks and given back. record.sh gives it snap and tell.

# lines COUNT 'TEXT': TEXT COUNT times, each # being its number
lines() {
	awk -v n="$1" -v text="$2" 'BEGIN {
		for (i = 0; i < n; i++) {
			line = text
			gsub(/#/, i, line)
			print line
		}
	}'
}

snap booted

tell <<-END
	cache_create inode 600 align=64
	cache_create dentry 192
	cache_alloc inode count=700 as=inodes
	cache_alloc dentry count=3000 as=dentries
	kmalloc 100 count=800 as=small
	kmalloc 1500 count=200 as=middle
	kmalloc 20000 count=8 as=large
END
snap 'caches grow'

lines 270 'alloc_pages 0 gfp=HIGHUSER_MOVABLE count=60 as=m#
alloc_pages 0 gfp=KERNEL count=4 as=k#' | tell
snap 'pages of two kinds'

lines 270 'free_pages m# count=30' | tell
tell <<-END
	cache_free dentries count=2200
	cache_shrink dentry
END
snap 'half is freed'

lines 50 'alloc_pages 3 gfp=KERNEL count=4 as=b#
alloc_pages 2 gfp=HIGHUSER_MOVABLE count=12 as=u#' | tell
snap 'middle blocks'

tell <<-END
	vmalloc 5M as=v0
	vmalloc 300000 count=8 as=v1
	vmalloc 20000 count=40 as=v2
	map 0xffff800001000000 0x80000000 300 PAGE_KERNEL
END
snap 'areas are mapped'

lines 500 'alloc_pages 0 gfp=HIGHUSER_MOVABLE,NOWARN count=64 as=f#' | tell
snap 'filled to the marks'

lines 270 'free_pages m#' | tell
lines 50 'free_pages u#' | tell
# How many of these there were depends on the marks: one write each
i=0
while [ $i -lt 500 ] && echo "free_pages f$i" >"$ctl"; do
	i=$((i + 1))
done 2>/dev/null
snap 'movable pages are freed'

lines 60 'alloc_pages 9 gfp=HIGHUSER_MOVABLE,NOWARN as=h#' | tell
snap 'huge pages asked for'

i=0
while [ $i -lt 60 ] && echo "free_pages h$i" >"$ctl"; do
	i=$((i + 1))
done 2>/dev/null
lines 270 'free_pages k#' | tell
lines 50 'free_pages b#' | tell
tell <<-END
	vfree v0
	vfree v1
	vfree v2
	vmalloc_purge
	unmap 0xffff800001000000 300
	cache_free inodes
	cache_free dentries
	kfree small
	kfree middle
	kfree large
	cache_shrink inode
	cache_shrink dentry
	drain
END
snap 'given back'
