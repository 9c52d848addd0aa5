#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2164
#
# The first process of a guest that scripts/guest.sh boots. Reads what to do
# from /guest, speaks to the host through named virtio serial ports: `out` and
# `err` carry the command's two streams byte for byte, `ctl` what became of it.

/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root TERM=linux
unset BOOT_IMAGE

mkdir -p /dev/pts /dev/shm
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
# Either may be forbidden on the kernel's command line.
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/self/fd/0 /dev/stdin
ln -sf /proc/self/fd/1 /dev/stdout
ln -sf /proc/self/fd/2 /dev/stderr
hostname guest
ifconfig lo up 2>/dev/null

while read -r module; do
	insmod "/guest/modules/$module"
done </guest/modules/order

# port NAME: the device of a virtio serial port; probing may still go on.
port() {
	tries=0
	while [ $tries -lt 500 ]; do
		for name in /sys/class/virtio-ports/*/name; do
			[ -e "$name" ] || continue
			read -r word <"$name"
			if [ "$word" = "$1" ]; then
				dev=${name%/name}
				echo "/dev/${dev##*/}"
				return
			fi
		done
		usleep 10000
		tries=$((tries + 1))
	done
	echo "guest: no port $1" >/dev/console
	poweroff -f
}

ctl=$(port ctl)
exec 9>"$ctl"

# With pipes between, a program may reopen /dev/stdout, which a port refuses.
open_streams() {
	mkfifo /run/out /run/err
	cat /run/out >"$(port out)" &
	out_pid=$!
	cat /run/err >"$(port err)" &
	err_pid=$!
}

# All that was printed is with the host before its status is. A daemon that
# the command left behind may hold the pipes open: it is not waited for.
close_streams() {
	tries=0
	while [ $tries -lt 100 ]; do
		kill -0 $out_pid 2>/dev/null || kill -0 $err_pid 2>/dev/null ||
			break
		usleep 20000
		tries=$((tries + 1))
	done
}

insert_module() {
	read -r params </guest/params
	set -f
	# One parameter a word, as on a command line.
	# shellcheck disable=SC2086
	insmod /shadow_mm.ko $params >/run/insmod 2>&1 7>&- 8>&- 9>&-
	rc=$?
	set +f
	[ $rc -eq 0 ] && return
	{
		cat /run/insmod
		dmesg | grep shadow_mm | grep -v taint
	} >/run/err
	echo "insmod $rc" >&9
	finish
}

run_command() {
	cd /root
	input=/dev/null
	[ ! -e /guest/stdin ] || input=$(port in)
	# In the background, so that this shell does not comment on signals.
	sh /guest/command <"$input" >/run/out 2>/run/err 7>&- 8>&- 9>&- &
	wait $!
	status=$?
	cd /
}

run_shell() {
	# shellcheck disable=SC1091
	[ -e /guest/tty ] && . /guest/tty
	cd /root
	export PS1='guest:\w# '
	# shellcheck disable=SC2086
	[ -n "$TTY_SIZE" ] && stty $TTY_SIZE </dev/console
	setsid cttyhack sh </dev/console >/dev/console 2>&1 7>&- 8>&- 9>&-
	rc=$?
	# With a command before it, the command's status is the result.
	status=${status:-$rc}
}

# Bits of /proc/sys/kernel/tainted: bad page, oops, warning, soft lockup.
finish() {
	# The pipes' readers end when the last writer does.
	exec 7>&- 8>&-
	close_streams
	# Not `read`: it reads byte by byte, and such a file ends after one.
	taint=$(cat /proc/sys/kernel/tainted)
	echo "taint $taint" >&9
	[ $((taint & (32 | 128 | 512 | 16384))) -eq 0 ] || dmesg >"$(port log)"
	[ -z "$status" ] || echo "status $status" >&9
	exec 9>&-
	sync
	poweroff -f
	# Not reached; an init that ends would be a panic.
	sleep 1000
}

status=
open_streams
# Held open by init: a command that closes its output must not end the pipe.
exec 7>/run/out 8>/run/err
echo "boot" >&9
[ -e /guest/params ] && insert_module
[ -e /guest/command ] && run_command
[ -e /guest/shell ] && run_shell
finish
