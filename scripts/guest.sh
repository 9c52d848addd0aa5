#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh - boot a guest with a stock kernel, load the module, run a command
#
# usage: scripts/guest.sh [OPTION]... [-- 'COMMAND']
#
#   --kernel K           6.12-cloud (default), 6.12, 6.12-16k, 6.12-rt,
#                        6.1-cloud, or debug (built for KUnit)
#   --cpu NAME           one of `qemu-system-aarch64 -cpu help`, with QEMU's
#                        own properties after a comma (default max)
#   --mem SIZE           memory of the guest, K, M or G (default 1G)
#   --smp N              processors, 1 to 64 (default 2; 1 with --icount)
#   --append 'CMDLINE'   added to the kernel's command line
#   --qemu 'ARGS'        added to QEMU's arguments; `-M virt,…` adds to ours
#   --params 'P=V …'     parameters of the module
#   --no-insmod          do not load the module (it still lies there)
#   --icount             the guest's clock counts instructions
#   --file HOST[:GUEST]  put a file or folder there (default /NAME); may repeat
#   --board FILE         put a board (.dtb or .txt) where board=NAME finds it,
#                        NAME being the file's without that; may repeat
#   --timeout S          seconds of the host's time (default 300; none for a
#                        terminal)
#   --module FILE        use this shadow_mm.ko instead of building it
#   --stdin              the command reads our standard input
#   --shell              after the command, leave the terminal in a shell
#   --console FILE       keep the kernel's console there
#
# The command runs in the guest's shell (busybox), as root, with /proc, /sys,
# debugfs and tracefs mounted, the module loaded and lying at /shadow_mm.ko.
# What it prints on its two streams comes out on ours, byte for byte; the exit
# status is its own. Our own progress shows only where standard error is a
# terminal, or with SHADOW_PROGRESS=1. Without a command: an interactive shell
# on a terminal (Ctrl-A X ends QEMU), else standard input is the script to run.
#
# Exit status of our own:
#
#   64  wrong usage
#   70  oops, warning, lockup, panic or time-out in the guest; the console's
#       text is on standard error
#   71  no guest: a kernel is missing, the module does not build, QEMU refused
#   72  insmod failed: its message and the module's log are on standard error

set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"

E_TROUBLE=70
E_NO_GUEST=71
E_INSMOD=72
SIGPIPE_STATUS=141
QEMU='qemu-system-aarch64'

kernel=6.12-cloud
cpu=max
mem=1G
smp=
append=
qemu_args=()
params=
insmod=1
icount=
files=()
timeout=
module=
shell=
stdin=
console_copy=
command_text=
have_command=

kernel_path=
run_dir=
qemu_pid=
saved_tty=

no_guest() {
	warn "$*"
	exit $E_NO_GUEST
}

# Words as a shell splits them, quotes honoured, nothing expanded.
split_words() {
	[ -z "${1//[[:space:]]/}" ] || xargs printf '%s\0' <<<"$1" 2>/dev/null
}

check_kernel() {
	case $1 in
	6.12-cloud | 6.12 | 6.12-16k | 6.12-rt | 6.1-cloud | debug) ;;
	*)	usage_error "--kernel '$1': 6.12-cloud, 6.12, 6.12-16k, 6.12-rt," \
			"6.1-cloud or debug is allowed" ;;
	esac
}

check_cpu() {
	local name=${1%%,*}
	"$QEMU" -cpu help 2>/dev/null | tr -d ' ' | grep -xF -- "$name" >/dev/null ||
		usage_error "--cpu '$name': a name of '$QEMU -cpu help' is allowed"
}

# What board= may say, and a file of that name.
check_board() {
	[[ $(basename "$1") =~ ^[a-zA-Z0-9_-]{1,64}\.(dtb|txt)$ ]] ||
		usage_error "--board '$1': NAME.dtb or NAME.txt is allowed," \
			"NAME of 1 to 64 letters, digits, _ and -"
	[ -f "$1" ] || usage_error "--board '$1': no such file"
}

parse_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)	print_help "$0"; exit 0 ;;
		--no-insmod)	insmod= ; shift; continue ;;
		--icount)	icount=1; shift; continue ;;
		--shell)	shell=1; shift; continue ;;
		--stdin)	stdin=1; shift; continue ;;
		--)
			shift
			have_command=1
			command_text="$*"
			break
			;;
		--kernel=* | --cpu=* | --mem=* | --smp=* | --append=* | \
			--qemu=* | --params=* | --file=* | --board=* | \
			--timeout=* | --module=* | --console=*)
			set -- "${1%%=*}" "${1#*=}" "${@:2}"
			continue
			;;
		--kernel | --cpu | --mem | --smp | --append | --qemu | --params | \
			--file | --board | --timeout | --module | --console)
			need_value "$1" $#
			;;
		-*)	usage_error "unknown option '$1'" ;;
		*)	usage_error "'$1': a command stands behind --, as in: -- '$1'" ;;
		esac
		case $1 in
		--kernel)	check_kernel "$2"; kernel=$2 ;;
		--cpu)		check_cpu "$2"; cpu=$2 ;;
		--mem)
			[[ $2 =~ ^[1-9][0-9]{0,11}[KMGkmg]?$ ]] ||
				usage_error "--mem '$2': a number with K, M or G is allowed"
			mem=$2
			;;
		--smp)		need_number --smp "$2" 1 64; smp=$2 ;;
		--append)	append="$append $2" ;;
		--qemu)
			local words=()
			split_words "$2" >/dev/null ||
				usage_error "--qemu '$2': a quote is not closed"
			readarray -d '' words < <(split_words "$2")
			qemu_args+=("${words[@]}")
			;;
		--params)	params="$params $2" ;;
		--file)		files+=("$2") ;;
		--board)
			check_board "$2"
			files+=("$2:/lib/firmware/shadow_mm/")
			;;
		--timeout)	need_number --timeout "$2" 1 86400; timeout=$2 ;;
		--module)
			[ -f "$2" ] || usage_error "--module '$2': no such file"
			module=$2
			;;
		--console)	console_copy=$2 ;;
		esac
		shift 2
	done
	if [ -n "$stdin" ] && { [ -z "$have_command" ] || [ -n "$shell" ]; }; then
		usage_error "--stdin is what a command reads: one stands" \
			"behind --, without --shell"
	fi
	[ -n "$smp" ] || smp=$([ -n "$icount" ] && echo 1 || echo 2)
	[ -z "${params//[[:space:]]/}" ] || [ -n "$insmod" ] ||
		usage_error "--params has no effect with --no-insmod"
}

# A terminal gets a shell; anything else is read as the script to run.
choose_mode() {
	if [ -z "$have_command" ]; then
		if [ -t 0 ]; then
			shell=1
		else
			have_command=1
			command_text=$(cat)
		fi
	elif [ -n "$shell" ] && [ ! -t 0 ]; then
		shell=
	fi
	[ -n "$timeout" ] || [ -n "$shell" ] || timeout=300
}

prepare_kernel() {
	if [ "$kernel" = debug ]; then
		"$SHADOW_SCRIPTS/kunit.sh" debug >&2 ||
			no_guest "the debug kernel could not be built"
		kernel_path=$SHADOW_CACHE/debug-kernel
	else
		kernel_path=$("$SHADOW_SCRIPTS/kernels.sh" "$kernel") ||
			no_guest "the kernel $kernel could not be had"
	fi
}

write_cpio() {
	(cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio -0 -o -H newc -R 0:0 --quiet) >"$2"
}

# Busybox, init and the kernel's modules for virtio do not change from run to
# run: one archive for each kernel, named after what is in it.
base_archive() {
	local busybox id root modules=$kernel_path/guest
	busybox=$("$SHADOW_SCRIPTS/kernels.sh" --busybox)
	id=$({
		cat "$SHADOW_SCRIPTS/guest-init.sh" "$busybox"
		cat "$modules"/* 2>/dev/null || true
	} | sha256sum | cut -c1-16)
	base=$SHADOW_CACHE/guest/$id.cpio
	[ ! -e "$base" ] || return 0
	root=$run_dir/base
	mkdir -p "$root"/{bin,dev,proc,sys,tmp,run,root,etc,guest/modules}
	cp "$busybox" "$root/bin/busybox"
	cp "$SHADOW_SCRIPTS/guest-init.sh" "$root/init"
	chmod 755 "$root/init" "$root/bin/busybox"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	if [ -e "$modules/order" ]; then
		cp "$modules"/* "$root/guest/modules/"
	else
		: >"$root/guest/modules/order"
	fi
	mkdir -p "$SHADOW_CACHE/guest"
	write_cpio "$root" "$base.$$"
	mv "$base.$$" "$base"
}

# --file HOST[:GUEST]; a name with a colon in it counts as HOST if it exists.
add_file() {
	local host=$1 guest
	if [ -e "$host" ] || [[ $host != *:* ]]; then
		guest=/$(basename "$host")
	else
		guest=${1##*:}
		host=${1%:*}
		[ "${guest#/}" != "$guest" ] ||
			usage_error "--file '$1': an absolute path is allowed in the guest"
	fi
	[ -r "$host" ] || usage_error "--file '$host': no such file"
	[ "${guest%/}" = "$guest" ] || guest=$guest$(basename "$host")
	mkdir -p "$run_dir/extra$(dirname "$guest")"
	cp -rL --preserve=mode,timestamps -T "$host" "$run_dir/extra$guest"
}

extra_archive() {
	local root=$run_dir/extra built file
	mkdir -p "$root/guest"
	if [ -n "$module" ]; then
		cp "$module" "$root/shadow_mm.ko"
	else
		built=$("$SHADOW_SCRIPTS/build.sh" "$kernel") ||
			no_guest "the module could not be built for $kernel"
		cp "$built/shadow_mm.ko" "$root/shadow_mm.ko"
		[ ! -e "$built/kunit/shadow_bench.ko" ] ||
			cp "$built/kunit/shadow_bench.ko" "$root/"
		[ ! -e "$built/kunit/shadow_example.ko" ] ||
			cp "$built/kunit/shadow_example.ko" "$root/"
	fi
	for file in ${files[@]+"${files[@]}"}; do
		add_file "$file"
	done
	[ -z "$insmod" ] || echo "${params//$'\n'/ }" >"$root/guest/params"
	[ -z "$have_command" ] || printf '%s\n' "$command_text" >"$root/guest/command"
	[ -z "$stdin" ] || : >"$root/guest/stdin"
	if [ -n "$shell" ]; then
		: >"$root/guest/shell"
		terminal_size >"$root/guest/tty"
	fi
	write_cpio "$root" "$run_dir/extra.cpio"
}

terminal_size() {
	local rows cols
	read -r rows cols < <(stty size 2>/dev/null || echo 0 0)
	if [ "$rows" -eq 0 ] || [ "$cols" -eq 0 ]; then
		rows=24
		cols=80
	fi
	printf "TTY_SIZE='rows %s cols %s'\nexport TERM='%s'\n" \
		"$rows" "$cols" "${TERM//[^a-zA-Z0-9._+-]/}"
}

kernel_command_line() {
	local line="console=ttyAMA0 rdinit=/init panic=-1"
	if [ -n "$shell" ]; then
		# Kernel messages share the terminal: errors alone.
		line+=" quiet"
	else
		# What hangs says so on the console before the time is out.
		line+=" loglevel=7 oops=panic watchdog_thresh=30 softlockup_panic=1"
	fi
	echo "$line rcupdate.rcu_cpu_stall_timeout=60$append"
}

# shellcheck disable=SC2054
qemu_command() {
	local qemu_cpu=$cpu
	# Without this, emulated pointer authentication halves the speed.
	[ "$cpu" != max ] || qemu_cpu=max,pauth-impdef=on
	qemu=("$QEMU" -M virt,gic-version=3 -cpu "$qemu_cpu" -m "$mem" -smp "$smp"
		-nodefaults -nic none -display none -no-reboot
		-kernel "$kernel_path/Image" -initrd "$run_dir/initrd"
		-append "$(kernel_command_line)"
		-device virtio-serial-pci,max_ports=8)
	for name in out err ctl log; do
		qemu+=(-chardev "file,id=$name,path=$run_dir/$name"
			-device "virtserialport,chardev=$name,name=$name")
	done
	[ -z "$stdin" ] ||
		qemu+=(-chardev "socket,id=in,path=$run_dir/in,server=on,wait=on"
			-device "virtserialport,chardev=in,name=in")
	if [ -n "$shell" ]; then
		qemu+=(-chardev "stdio,id=con,mux=on,signal=off,logfile=$run_dir/console"
			-serial chardev:con -mon chardev=con)
	else
		qemu+=(-chardev "file,id=con,path=$run_dir/console" -serial chardev:con)
	fi
	[ -z "$icount" ] || qemu+=(-icount shift=0,sleep=off)
	qemu+=(${qemu_args[@]+"${qemu_args[@]}"})
}

# shellcheck disable=SC2317
cleanup() {
	if [ -n "$qemu_pid" ]; then
		kill "$qemu_pid" 2>/dev/null || true
		wait "$qemu_pid" 2>/dev/null || true
	fi
	[ -z "$saved_tty" ] || stty "$saved_tty" </dev/tty 2>/dev/null || true
	[ -z "$run_dir" ] || rm -rf "$run_dir"
}

# Our standard input goes to the guest; its end is the end there.
feed_guest() {
	exec python3 - "$run_dir/in" 3<&0 <<-'EOF'
		import array, fcntl, os, socket, sys, termios, time
		port = socket.socket(socket.AF_UNIX)
		while port.connect_ex(sys.argv[1]):
		    if not os.path.isdir(os.path.dirname(sys.argv[1])):
		        sys.exit()
		    time.sleep(0.05)
		try:
		    while data := os.read(3, 65536):
		        port.sendall(data)
		    # QEMU drops what it has not read when it sees the end.
		    left = array.array("i", [1])
		    while left[0]:
		        time.sleep(0.05)
		        fcntl.ioctl(port, termios.TIOCOUTQ, left)
		except OSError:
		    pass
	EOF
}

# The two streams pass through named pipes, so that they appear as they come.
run_qemu() {
	local out_pid err_pid in_pid='' rc=0 limit=()
	mkfifo "$run_dir/out" "$run_dir/err"
	if [ -n "$stdin" ]; then
		feed_guest <&0 &
		in_pid=$!
	fi
	: >"$run_dir/ctl"
	: >"$run_dir/log"
	: >"$run_dir/console"
	cat "$run_dir/out" &
	out_pid=$!
	cat "$run_dir/err" >&2 &
	err_pid=$!
	if [ -n "$shell" ]; then
		saved_tty=$(stty -g </dev/tty 2>/dev/null || true)
		# A terminal of its own: QEMU makes its descriptors non-blocking,
		# which our `cat` on the same description would trip over.
		[ -z "$timeout" ] || limit=(timeout --foreground -k 5 "$timeout")
		${limit[@]+"${limit[@]}"} "${qemu[@]}" </dev/tty > >(exec cat) \
			2>"$run_dir/qemu.err" || rc=$?
	else
		timeout -k 5 "$timeout" "${qemu[@]}" </dev/null \
			>"$run_dir/qemu.out" 2>"$run_dir/qemu.err" &
		qemu_pid=$!
		# A reader that went away ends us as it ends any writer.
		wait -n "$qemu_pid" $out_pid || rc=$?
		if kill -0 "$qemu_pid" 2>/dev/null && [ $rc -eq $SIGPIPE_STATUS ]; then
			exit $rc
		fi
		rc=0
		wait "$qemu_pid" || rc=$?
		qemu_pid=
	fi
	# Where QEMU never opened the pipes, nobody ends the two readers.
	if [ ! -s "$run_dir/console" ] && [ $rc -ne 0 ]; then
		kill $out_pid $err_pid 2>/dev/null || true
	fi
	[ -z "$in_pid" ] || kill "$in_pid" 2>/dev/null || true
	wait $out_pid $err_pid 2>/dev/null || true
	qemu_rc=$rc
}

# Only what the kernel prints at the beginning of a line counts: the module's
# own messages start with its name.
splat_lines() {
	local stamp='^(\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? )?'
	local what='WARNING: |BUG[: ]|kernel BUG at |Internal error: |Oops'
	what+='|Unable to handle kernel|Kernel panic - not syncing'
	what+='|watchdog: BUG: |watchdog: .*hard LOCKUP|INFO: task .* blocked for more than'
	what+='|rcu: INFO: .*stall|INFO: rcu.*stall|rcu: .*kthread starved'
	what+='|UBSAN: |INFO: trying to register non-static key'
	what+='|INFO: lockdep|DEBUG_LOCKS_WARN_ON|=+\[ BUG|SError Interrupt'
	what+='|Bad mode in |Synchronous External Abort|Insufficient stack space'
	what+='|[^ ]+: page allocation failure: |list_(add|del) corruption'
	what+='|------------\[ cut here \]'
	sed 's/\r$//' "$1" | grep -aE "$stamp($what)" || true
}

show_console() {
	{
		echo "---- console of the guest ----"
		tr -d '\r' <"$run_dir/console"
		if [ -s "$run_dir/log" ]; then
			echo "---- the guest's kernel log ----"
			cat "$run_dir/log"
		fi
		echo "---- end ----"
	} >&2
}

trouble() {
	show_console
	warn "$*"
	exit $E_TROUBLE
}

# ctl_value NAME: what the guest said; it says each thing once.
ctl_value() {
	sed -n "s/^$1 //p" "$run_dir/ctl" | tail -n 1
}

report() {
	local taint status splat insmod_rc

	if [ $qemu_rc -eq 124 ] || [ $qemu_rc -eq 137 ]; then
		trouble "time-out: the guest did not end within $timeout s"
	fi
	if [ $qemu_rc -ne 0 ]; then
		cat "$run_dir/qemu.err" >&2
		no_guest "$QEMU ended with status $qemu_rc"
	fi
	splat=$(splat_lines "$run_dir/console" | head -n 1)
	[ -z "$splat" ] || trouble "trouble in the guest: $splat"
	taint=$(ctl_value taint)
	if [ -n "$taint" ] && [ $((taint & (32 | 128 | 512 | 16384))) -ne 0 ]; then
		trouble "trouble in the guest: its kernel is tainted ($taint)"
	fi
	insmod_rc=$(ctl_value insmod)
	if [ -n "$insmod_rc" ]; then
		warn "the module could not be loaded (insmod: status $insmod_rc)"
		exit $E_INSMOD
	fi
	status=$(ctl_value status)
	if [ -z "$status" ]; then
		# Leaving QEMU by its own key is no fault of the guest.
		[ -z "$shell" ] || exit 0
		trouble "the guest ended before the command did"
	fi
	exit "$status"
}

main() {
	parse_arguments "$@"
	# What a program reads holds the command's output alone.
	[ -t 2 ] || [ -n "${SHADOW_PROGRESS:-}" ] || export SHADOW_QUIET=1
	command -v "$QEMU" >/dev/null ||
		no_guest "$QEMU is missing: scripts/deps.sh installs what is needed"
	choose_mode
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	run_dir=$(mktemp -d "${TMPDIR:-/tmp}/shadow-guest.XXXXXX")
	prepare_kernel
	base_archive
	extra_archive
	cat "$base" "$run_dir/extra.cpio" >"$run_dir/initrd"
	qemu_command
	[ -z "$shell" ] || say "booting; Ctrl-A X ends the guest at any time"
	run_qemu
	[ -z "$console_copy" ] || tr -d '\r' <"$run_dir/console" >"$console_copy"
	report
}

main "$@"
