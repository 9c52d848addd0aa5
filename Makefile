# SPDX-License-Identifier: GPL-2.0-only
#
# What a person types. How the module is built is in Kbuild; `make help` lists
# the targets.

HOST_ARCH := $(shell uname -m)
KDIR ?= /lib/modules/$(shell uname -r)/build

# The kernel that KDIR belongs to says what it is built for.
KDIR_IS_ARM64 := $(shell grep -qs '^CONFIG_ARM64=y' \
	$(KDIR)/include/config/auto.conf $(KDIR)/.config && echo y)

ifeq ($(origin ARCH),undefined)
TARGET_ARCH := $(if $(KDIR_IS_ARM64),arm64,$(HOST_ARCH))
else
TARGET_ARCH := $(ARCH)
endif

ifneq ($(HOST_ARCH),aarch64)
CROSS_COMPILE ?= aarch64-linux-gnu-
endif

# Where the kernel's own signing key is not at hand, signing would only complain.
KBUILD = $(MAKE) -C $(KDIR) M=$(CURDIR) ARCH=arm64 \
	$(if $(CROSS_COMPILE),CROSS_COMPILE=$(CROSS_COMPILE)) \
	$(if $(wildcard $(KDIR)/certs/signing_key.pem),,CONFIG_MODULE_SIG_ALL=)

.DEFAULT_GOAL := modules
.PHONY: all modules modules_install clean help run test test-quick test-host \
	test-canary test-mmu bench bench-frag bench-native soak fidelity board boards memblock-growth demo

all: modules

# What stands in the way of a build, one line each; nothing if nothing does.
ifneq ($(filter arm64 aarch64,$(TARGET_ARCH)),)
ifneq ($(KDIR_IS_ARM64),)
BUILDABLE := y
endif
endif

ifeq ($(BUILDABLE),y)
modules modules_install:
	$(KBUILD) $@
else
modules modules_install:
	@echo 'make run     boots an arm64 guest here, loads the module and shows it'
	@echo 'make test    runs every test'
	@echo 'make ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- KDIR=HEADERS   builds for the arm64 kernel of those headers'
	@exit 2
endif

# Needs no kernel's headers: they may be gone, or of another machine.
clean:
ifeq ($(BUILDABLE),y)
	$(KBUILD) clean
else
	@find . -path ./.git -prune -o -type f \( -name '*.o' -o -name '*.ko' \
		-o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name '.*.o.d' -o -name modules.order \
		-o -name Module.symvers \) -print | xargs -r rm -f
endif

run:
	@scripts/run.sh

demo:
	@scripts/demo.sh

test:
	@scripts/test.sh

test-quick:
	@scripts/test.sh --quick

test-host:
	@scripts/deps.sh
	@scripts/test-host.sh

test-canary:
	@scripts/deps.sh
	@scripts/canary.sh

test-mmu:
	@scripts/deps.sh
	@scripts/test-mmu.sh

bench:
	@scripts/deps.sh
	@scripts/bench.sh

bench-frag:
	@scripts/deps.sh
	@scripts/bench-frag.sh

bench-native:
	@scripts/deps.sh
	@scripts/bench-native.sh

soak:
	@scripts/deps.sh
	@scripts/soak.sh

fidelity:
	@scripts/deps.sh
	@scripts/fidelity.sh

# The three come from the command line or the environment, quotes and all.
export DTB LOG PARAMS
board:
	@[ -z "$$DTB" ] || scripts/deps.sh
	@scripts/board.sh "$$DTB" $${LOG:+"$$LOG"}

boards:
	@scripts/deps.sh
	@scripts/build-boards.sh

memblock-growth:
	@scripts/deps.sh
	@scripts/memblock-growth.sh

help:
	@echo 'Times are for two cores; the first runs fetch and build what the cache'
	@echo '($${XDG_CACHE_HOME:-~/.cache}/shadow_mm, safe to delete) keeps for later.'
	@echo
	@echo '  make                  build the module for the running arm64 kernel      10 s'
	@echo '                        KDIR= ARCH= CROSS_COMPILE= choose another kernel'
	@echo '  make modules_install  install it (as root, then: depmod; modprobe)        2 s'
	@echo '  make clean            remove what a build left here                       2 s'
	@echo '  make run              boot a guest, load the module, tour, shell'
	@echo '                                                   first 3 min, then under 40 s'
	@echo '  make demo             a workload twice, its memory as one page for a browser  1 min'
	@echo '  make test             everything                 first 60 min, then about 30 min'
	@echo '  make test-quick       the part of it that is quick             30 s once built'
	@echo '  make test-host        the core in user space, ASan and UBSan           1 min'
	@echo '  make test-canary      seeded bugs must turn the tests red              5 min'
	@echo '  make test-mmu         the MMU and a reader of raw tables judge all shapes     2 min'
	@echo '  make bench            instructions a call, shadow against host         1 min'
	@echo '  make bench-frag       free memory that stays in large blocks, beside the host  1 min'
	@echo '  make bench-native     the rows in cycles, on UML; one thread and two'
	@echo '                                                     first 8 min, then 1 min'
	@echo '  make soak             four threads and readers on it, KASAN and lockdep  5 min'
	@echo '  make fidelity         what the shadow derives, beside real kernels     1 min'
	@echo '  make memblock-growth  our memblock beside the kernel'"'"'s, ns a call           1 min'
	@echo '  make boards           compile the boards that come with it, say where    1 s'
	@echo '  make board DTB=FILE   boot that device tree as a virtual board               20 s'
	@echo '                        LOG=CONSOLE.txt names the first line where the'
	@echo '                        real board differs, and the property it follows from;'
	@echo '                        PARAMS= are parameters of the module'
	@echo '  make help             this list                                          0 s'
	@echo
	@echo 'scripts/guest.sh --help and scripts/kunit.sh --help show the runners.'
