#!/bin/sh
# Bounded proofs: runs CBMC on each test/*_prove.c (of the components named, or of all). The runs are in
# the file's first comment, a line each: "cbmc: sources and options". Paths are from the root. Lines
# "bound: function: text" there say what a run covers, and are printed with it.
set -u
cd "$(dirname "$0")/.." || exit 1

CBMC=${CBMC:-cbmc}
if ! command -v "$CBMC" > /dev/null 2>&1; then
    echo "make prove needs cbmc: Debian 13 has it (apt-get install cbmc), Debian 12 has not." >&2
    echo "A cbmc elsewhere: make prove CBMC=/path/to/cbmc" >&2
    exit 1
fi

includes=
for d in lib/*/include core/*/include arch/api/include arch/host/contract arch/host/include; do
    includes="$includes -I $d"
done

if [ $# -eq 0 ]; then
    set -- lib/* core/* mm/* fs/* drivers/* linux/* virt/*
fi
status=0
total=0
for component in "$@"; do
    for file in "$component"/test/*_prove.c; do
        [ -f "$file" ] || continue
        runs=$(sed -n 's/^ \* cbmc: //p' "$file")
        [ -n "$runs" ] || { echo "FAILED  $file says no run" ; status=1; }
        while read -r run; do
            [ -n "$run" ] || continue
            total=$((total + 1))
            function=${run##*--function }
            bound=$(sed -n "s/^ \* bound: $function: //p" "$file")
            start=$(date +%s)
            log=$(mktemp)
            # shellcheck disable=SC2086
            if timeout "${PROVE_TIMEOUT:-600}" "$CBMC" "$file" $run $includes -I "$component" -DHOST \
                --64 --bounds-check --pointer-check --unwinding-assertions > "$log" 2>&1; then
                echo "proved  $file $function, $(($(date +%s) - start)) s${bound:+: $bound}"
            else
                echo "FAILED  $file $function"
                grep -E 'FAILURE|error|unwinding|ERROR' "$log" | head -20
                status=1
            fi
            rm -f "$log"
        done << RUNS
$runs
RUNS
    done
done
[ $total -gt 0 ] || { echo "no proofs found" >&2; status=1; }
exit $status
