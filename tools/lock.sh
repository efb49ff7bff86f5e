#!/bin/sh
# Runs a command that builds in a folder while no other does.
#
# usage: lock.sh FOLDER COMMAND...
set -eu
folder=$1
shift
if [ "$folder" != out ] && [ -d "$folder" ] && [ ! -e "$folder/.lock" ] && [ -n "$(ls -A "$folder")" ]; then
    echo "error: O=$folder: the folder has other things in it" >&2
    exit 1
fi
mkdir -p "$folder" 2> /dev/null || true
if ! (: >> "$folder/.lock") 2> /dev/null; then
    echo "error: $folder cannot be written; O=dir builds elsewhere" >&2
    exit 1
fi
exec 9>> "$folder/.lock"
if ! flock -n 9; then
    echo "note: another build in $folder is under way; this one follows" >&2
    flock 9
fi
TREE_LOCKED=1 exec "$@"
