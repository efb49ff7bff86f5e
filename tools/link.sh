#!/bin/sh
# Links a kernel twice: once to learn the addresses, once with the tables made from them: symbols for
# backtraces, and where the boot puts Zbb instructions.
#
# usage: link.sh CROSS- SCRIPT OUTDIR OBJECT...
set -eu
cross=$1 script=$2 out=$3
shift 3
link() {
    "${cross}ld" -nostdlib --gc-sections --no-undefined -z max-page-size=4096 -z noexecstack --build-id=none \
        --no-warn-rwx-segments -T "$script" "$@"
}
python=/usr/bin/python3
tables() {
    { $python tools/symtab.py "$cross" "$1" && $python tools/zbb_sites.py "$cross" "$1"; } > "$out/symtab.S"
    "${cross}gcc" -c -march=rv64imac_zicsr_zifencei -mabi=lp64 -o "$out/symtab.o" "$out/symtab.S"
}
tables /dev/null
link -o "$out/trine.first" "$@" "$out/symtab.o"
tables "$out/trine.first"
link -Map "$out/trine.map" -o "$out/trine.elf" "$@" "$out/symtab.o"
rm -f "$out/trine.first"
