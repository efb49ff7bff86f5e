#!/bin/sh
# Links a kernel twice: once to learn the addresses, once with the symbol table made from them.
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
$python tools/symtab.py "$cross" /dev/null > "$out/symtab.S"
"${cross}gcc" -c -march=rv64imac_zicsr_zifencei -mabi=lp64 -o "$out/symtab.o" "$out/symtab.S"
link -o "$out/trine.first" "$@" "$out/symtab.o"
$python tools/symtab.py "$cross" "$out/trine.first" > "$out/symtab.S"
"${cross}gcc" -c -march=rv64imac_zicsr_zifencei -mabi=lp64 -o "$out/symtab.o" "$out/symtab.S"
link -Map "$out/trine.map" -o "$out/trine.elf" "$@" "$out/symtab.o"
rm -f "$out/trine.first"
