#!/bin/sh
# Sees to it that the machine has what `make run` or `make test` needs. Missing packages are named, then
# installed with apt (as root or through sudo); where that cannot be, the script stops with a clear error.
#
# usage: setup.sh run|test|bench|graph
set -eu

missing=
# need COMMAND-OR-FILE PACKAGE: PACKAGE is wanted unless the command or file is there.
need() {
    case $1 in
    /*) [ -e "$1" ] && return 0 ;;
    *) command -v "$1" > /dev/null 2>&1 && return 0 ;;
    esac
    missing="$missing $2"
}
# need_python MODULE PACKAGE: likewise for a module of Debian's own Python.
need_python() {
    /usr/bin/python3 -c "import $1" 2> /dev/null || missing="$missing $2"
}
# The package with the RISC-V emulator: a package of its own since Debian 13.
emulator_package() {
    if apt-cache show qemu-system-riscv > /dev/null 2>&1; then echo qemu-system-riscv; else echo qemu-system-misc; fi
}

check() {
    missing=
    if [ "$1" = graph ]; then
        need dot graphviz
        return 0
    fi
    need riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu
    need riscv64-linux-gnu-ld binutils-riscv64-linux-gnu
    need qemu-system-riscv64 "$(emulator_package)"
    need /usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin opensbi
    need /usr/bin/python3 python3
    need dtc device-tree-compiler
    need cpio cpio
    need /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
    # The C library's headers and static archive, for the user programs of rungs and tests.
    need /usr/riscv64-linux-gnu/lib/libc.a libc6-dev-riscv64-cross
    [ "$1" = run ] && return 0
    need gcc gcc
    need clang clang
    need /usr/include/cmocka.h libcmocka-dev
    need_python pytest python3-pytest
    need_python xdist python3-pytest-xdist
    need_python pexpect python3-pexpect
    need mkfs.fat dosfstools
    need mcopy mtools
    need git git
    if command -v clang > /dev/null 2>&1; then
        version=$(clang -dumpversion | cut -d. -f1)
        [ -e "$(clang -print-resource-dir)/lib/linux/libclang_rt.fuzzer-x86_64.a" ] ||
            ls "$(clang -print-resource-dir)"/lib/*/libclang_rt.fuzzer*.a > /dev/null 2>&1 ||
            missing="$missing libclang-rt-$version-dev"
    fi
    [ "$1" = bench ] || return 0
    need gnuplot gnuplot-nox
    need dot graphviz
}

# Twice, since which runtime clang wants is known once clang is there.
for round in 1 2; do
    check "$1"
    [ -n "$missing" ] || exit 0
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
[ -z "$missing" ] || { echo "error: still missing:$missing" >&2; exit 1; }
