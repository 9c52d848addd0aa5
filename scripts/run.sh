#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh - what `make run` does
#
# usage: scripts/run.sh [OPTION OF scripts/guest.sh]...
#
# Installs what a guest needs, boots one with a stock kernel, loads the module
# with a block of 256 MiB and shows every file of its folder in debugfs. On a
# terminal it leaves you in a shell of the guest afterwards (exit ends it);
# otherwise the guest powers off. The status is that of the tour. Options are
# passed on, for example: scripts/run.sh --kernel 6.12-16k --cpu neoverse-n1

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

case ${1:-} in
-h | --help)	print_help "$0"; exit 0 ;;
esac

"$SHADOW_SCRIPTS/deps.sh" --run
export SHADOW_PROGRESS=1
exec "$SHADOW_SCRIPTS/guest.sh" --params 'size=256M' \
	--file "$SHADOW_SCRIPTS/tour.sh:/tour.sh" --shell "$@" \
	-- 'sh /tour.sh'
