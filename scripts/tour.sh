#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tour.sh - a walk through the files of the machine, run where the module is
#
# usage: sh tour.sh [FOLDER]
#
# Before each file stands its sentence from the folder's own README. The
# status is 1 if a file could not be read.

folder=${1:-/sys/kernel/debug/shadow_mm}

# The README has one line a file: its name, blanks, its sentence.
sentence() {
	sed -n "s/^[[:space:]]*$1[[:space:]]\{1,\}//p" "$folder/README" |
		head -n 1
}

show() {
	words=$(sentence "${1##*/}")
	printf '\n'
	[ -z "$words" ] || printf '# %s\n' "$words"
	printf '==> %s <==\n' "$1"
	tail -n +1 "$1"
}

case ${1:-} in
-h | --help)
	sed -n '3,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p;}' "$0"
	exit 0
	;;
esac

if [ ! -e "$folder/README" ]; then
	echo "tour: $folder is not there: is the module loaded?" >&2
	exit 1
fi

# The README first: it says what the others are.
status=0
show "$folder/README" || status=1
for file in "$folder"/*; do
	[ "$file" = "$folder/README" ] || show "$file" || status=1
done
exit $status
