#!/bin/sh
# Sees to it that the machine has what `make run` or `make test` needs. Missing packages are named, then
# installed with apt (as root or through sudo); where that cannot be, the script stops with a clear error.
#
# usage: setup.sh run|debug|check|test|bench|graph|format
set -eu

missing=   # packages
lacking=   # what of them is not there, a line each: PACKAGE THING
# need COMMAND-OR-FILE PACKAGE: PACKAGE is wanted unless the command or file is there.
need() {
    case $1 in
    /*) [ -e "$1" ] && return 0 ;;
    *) command -v "$1" > /dev/null 2>&1 && return 0 ;;
    esac
    lack "$2" "$1"
}
lack() {
    missing="$missing $1"
    lacking="$lacking$1 $2
"
}
# need_python MODULE PACKAGE: likewise for a module of Debian's own Python.
need_python() {
    /usr/bin/python3 -c "import $1" 2> /dev/null || lack "$2" "/usr/bin/python3's module $1"
}
# The package with the RISC-V emulator: a package of its own since Debian 13.
emulator_package() {
    if apt-cache show qemu-system-riscv > /dev/null 2>&1; then echo qemu-system-riscv; else echo qemu-system-misc; fi
}

check_clang_runtime() {
    command -v clang > /dev/null 2>&1 || return 0
    version=$(clang -dumpversion | cut -d. -f1)
    [ -e "$(clang -print-resource-dir)/lib/linux/libclang_rt.fuzzer-x86_64.a" ] ||
        ls "$(clang -print-resource-dir)"/lib/*/libclang_rt.fuzzer*.a > /dev/null 2>&1 ||
        lack "libclang-rt-$version-dev" "clang's library for fuzzing"
}

check() {
    missing=
    lacking=
    case $1 in
    graph) need dot graphviz; return 0 ;;
    check) need clang-19 clang-19; return 0 ;;
    format) need git git; need clang-format-14 clang-format-14; return 0 ;;
    esac
    need riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu
    need riscv64-linux-gnu-ld binutils-riscv64-linux-gnu
    case ${RUN_QEMU:-qemu-system-riscv64} in
    qemu-system-riscv64) need qemu-system-riscv64 "$(emulator_package)" ;;
    esac
    need /usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin opensbi
    need /usr/bin/python3 python3
    need dtc device-tree-compiler
    need cpio cpio
    need /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
    # The C library's headers and static archive, for the user programs of rungs and tests.
    need /usr/riscv64-linux-gnu/lib/libc.a libc6-dev-riscv64-cross
    [ "$1" != debug ] || need gdb-multiarch gdb-multiarch
    case $1 in run | debug) return 0 ;; esac
    need gcc gcc
    need clang clang
    need clang-19 clang-19
    need /usr/include/cmocka.h libcmocka-dev
    need_python pytest python3-pytest
    need_python xdist python3-pytest-xdist
    need_python pexpect python3-pexpect
    need mkfs.fat dosfstools
    need mcopy mtools
    need git git
    need gdb-multiarch gdb-multiarch
    check_clang_runtime
    [ "$1" = bench ] || return 0
    need gnuplot gnuplot-nox
    need dot graphviz
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

# What no apt can mend: the package is installed, and what is wanted of it is not where it is looked for.
say_unreachable() {
    printf '%s' "$lacking" | while read -r package thing; do
        is_installed "$package" || continue
        case $thing in
        /*) echo "error: $thing is not there, although Debian's package $package is installed" ;;
        *" "*) echo "error: $thing is not found, although Debian's package $package is installed" ;;
        *) echo "error: $thing is not in PATH, although Debian's package $package is installed; PATH is $PATH" ;;
        esac
    done
}
stop_if_unreachable() {
    unreachable=$(say_unreachable)
    [ -z "$unreachable" ] || { echo "$unreachable" >&2; exit 1; }
}

# Another version would change the tree.
if [ "$1" = format ] && ! command -v clang-format-14 > /dev/null 2>&1 && ! apt-cache show clang-format-14 > /dev/null 2>&1; then
    echo "error: the tree is formatted by clang-format 14, Debian 12's, which this system does not have" >&2
    exit 1
fi
# Twice, since which runtime clang wants is known once clang is there.
for round in 1 2; do
    check "$1"
    [ -n "$missing" ] || exit 0
    stop_if_unreachable
    if ! command -v apt-get > /dev/null 2>&1; then
        echo "error: this machine lacks (Debian's package names):$missing" >&2
        exit 1
    fi
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo > /dev/null 2>&1; then
        as_root=sudo
    else
        echo "error: please install, as root:$missing" >&2
        exit 1
    fi
    if [ "$round" = 1 ]; then
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update
        check "$1"
    fi
    echo "Installing with apt:$missing"
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing
done
check "$1"
stop_if_unreachable
[ -z "$missing" ] || { echo "error: still missing:$missing" >&2; exit 1; }
