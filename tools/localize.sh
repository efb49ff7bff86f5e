#!/bin/sh
# Makes the private symbols of a component local: a global symbol stays global if and only if one of the
# component's public headers names it (or its component.mk EXPORTS it).
#
# usage: localize.sh CROSS- WHOLE.o OUT.o "EXPORTS" [HEADER...]
set -eu
cross=$1 whole=$2 out=$3 exports=$4
shift 4
tmp=$out.tmp

# The headers without their comments and lock annotations, in which something private may well be mentioned.
code() {
    awk '{
        for (line = $0; ; ) {
            if (inside) {
                if (!(end = index(line, "*/"))) next
                line = substr(line, end + 2)
                inside = 0
            }
            if (!(start = index(line, "/*"))) break
            print substr(line, 1, start - 1)
            line = substr(line, start + 2)
            inside = 1
        }
        print line
    }' "$@" | sed -E 's/\b(PT_)?(GUARDED_BY|REQUIRES|REQUIRES_SHARED|EXCLUDES|ACQUIRES|RELEASES|PRIVATE_LOCK)\([^)]*\)//g'
}

"${cross}nm" -g --defined-only "$whole" | awk '{ print $NF }' | LC_ALL=C sort -u > "$tmp.defined"
set -f
{
    for word in $exports; do
        case $word in
        *'*') grep "^${word%\*}" "$tmp.defined" || : ;;
        *) echo "$word" ;;
        esac
    done
    [ $# -eq 0 ] || code "$@" | grep -oE '[A-Za-z_][A-Za-z0-9_]*'
} | LC_ALL=C sort -u > "$tmp.words"
LC_ALL=C comm -12 "$tmp.words" "$tmp.defined" > "$tmp.keep"
# An empty list would keep everything.
[ -s "$tmp.keep" ] || echo nothing_is_public > "$tmp.keep"
"${cross}objcopy" --keep-global-symbols="$tmp.keep" "$whole" "$out"
rm -f "$tmp.words" "$tmp.defined" "$tmp.keep"
