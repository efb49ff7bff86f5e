#!/bin/sh
# Bounded proofs: runs CBMC on each test/*_prove.c (of the components or files named, or of all), PROVE_JOBS at a
# time. The runs are in the file's first comment, a line each: "cbmc: sources and options". Paths are from
# the root. Lines "bound: function: text" there say what a run covers, and are printed with it.
set -u
cd "$(dirname "$0")/.." || exit 1

CBMC=${CBMC:-cbmc}

# One run: a line "file|options" of those below.
if [ "${1:-}" = --run ]; then
    file=${2%%|*}
    run=${2#*|}
    includes=
    for d in lib/*/include core/*/include arch/api/include arch/host/contract arch/host/include; do
        includes="$includes -I $d"
    done
    function=${run##*--function }
    bound=$(sed -n "s/^ \* bound: $function: //p" "$file")
    start=$(date +%s)
    log=$(mktemp)
    status=0
    # shellcheck disable=SC2086
    if timeout "${PROVE_TIMEOUT:-900}" "$CBMC" "$file" $run $includes -I "${file%/test/*}" -DHOST \
        --64 --bounds-check --pointer-check --unwinding-assertions --slice-formula > "$log" 2>&1; then
        echo "proved  $file $function, $(($(date +%s) - start)) s${bound:+: $bound}"
    else
        status=$?
        [ $status -ne 124 ] || echo "time is over after ${PROVE_TIMEOUT:-900} s: error" >> "$log"
        echo "FAILED  $file $function"
        grep -E 'FAILURE|error|unwinding|ERROR' "$log" | head -20 | grep . || tail -5 "$log"
        status=1
    fi
    rm -f "$log"
    exit $status
fi

if ! command -v "$CBMC" > /dev/null 2>&1; then
    echo "make prove needs cbmc: Debian 13 has it (apt-get install cbmc), Debian 12 has not." >&2
    echo "A cbmc elsewhere: make prove CBMC=/path/to/cbmc" >&2
    exit 1
fi
export CBMC

if [ $# -eq 0 ]; then
    set -- lib/* core/* mm/* fs/* drivers/* linux/* virt/*
fi
status=0
runs=
for place in "$@"; do
    case $place in
    *_prove.c) ;;
    *) place=$place/test/*_prove.c ;;
    esac
    for file in $place; do
        [ -f "$file" ] || continue
        found=$(sed -n "s@^ \\* cbmc: @$file|@p" "$file")
        [ -n "$found" ] || { echo "FAILED  $file says no run"; status=1; }
        runs="$runs$found
"
    done
done
[ -n "$runs" ] || { echo "no proofs found" >&2; exit 1; }
printf '%s' "$runs" | xargs -d '\n' -n 1 -P "${PROVE_JOBS:-$(nproc)}" "$0" --run || status=1
exit $status
