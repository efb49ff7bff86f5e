#!/bin/sh
# Links a kernel twice: once to learn the addresses, once with the tables made from them: symbols for
# backtraces, and where the boot puts Zbb instructions.
#
# usage: link.sh CROSS- SCRIPT OUTDIR [--OPTION]... OBJECT...
set -eu
cross=$1 script=$2 out=$3
shift 3
options=
while case ${1:-} in --*) ;; *) false ;; esac; do
    options="$options $1"
    shift
done
link() {
    # shellcheck disable=SC2086
    "${cross}ld" -nostdlib -L "$out" --orphan-handling=error --gc-sections --no-undefined -z max-page-size=4096 -z noexecstack --build-id=none \
        --no-warn-rwx-segments $options -T "$script" "$@"
}
python=/usr/bin/python3
tables() {
    { $python tools/symtab.py "$cross" "$1" && $python tools/zbb_sites.py "$cross" "$1"; } > "$out/symtab.S"
    "${cross}gcc" -c -march=rv64imac_zicsr_zifencei -mabi=lp64 -o "$out/symtab.o" "$out/symtab.S"
}
# Linker sets: what is in a section set_NAME of any object is an array with bounds of its own.
"${cross}objdump" -h "$@" | awk '$2 ~ /^set_/ { print $2 }' | LC_ALL=C sort -u | while read -r set; do
    echo "    $set : AT(ADDR($set) - KERNEL_BASE + LOAD_BASE) { *($set) } :rodata"
done > "$out/sets.ld"
tables /dev/null
link -o "$out/trine.first" "$@" "$out/symtab.o"
tables "$out/trine.first"
link -Map "$out/trine.map" -o "$out/trine.elf" "$@" "$out/symtab.o"
rm -f "$out/trine.first"
if "${cross}readelf" -r "$out/trine.elf" | grep 'R_RISCV_' | grep -v R_RISCV_NONE >&2; then
    echo "error: the image would need relocations when it is loaded" >&2
    exit 1
fi
