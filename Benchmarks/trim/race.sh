#!/bin/sh
# Looks for data races in the policy of the trim variant: takes it out of the patches,
# where it must be the same in every series, and runs race.c under ThreadSanitizer, and
# once without it for fork, which ThreadSanitizer does not bear with threads around.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for patch in "$folder"/../../Patches/ruby-3.?/*-malloc-trim-*.patch; do
    awk '/^--- / { inside = 0 } inside && !/^@@/ { print substr($0, 2) } /^\+\+\+ b\/gc_malloc_trim.h/ { inside = 1 }' \
        "$patch" >"$work/this.h"
    [ -s "$work/this.h" ] || { echo "race.sh: $patch has no gc_malloc_trim.h" >&2; exit 1; }
    [ ! -e "$work/gc_malloc_trim.h" ] || cmp "$work/gc_malloc_trim.h" "$work/this.h"
    mv "$work/this.h" "$work/gc_malloc_trim.h"
done

gcc -O1 -Wall -Wextra -Wno-unused-parameter -I"$work" -o "$work/plain" "$folder/race.c" -pthread -ldl
"$work/plain" fork

# The helper has no open files, not even the one that a report would go to.
sed 's/#ifdef SYS_close_range/#if 0/' "$work/gc_malloc_trim.h" >"$work/visible.h"
mv "$work/visible.h" "$work/gc_malloc_trim.h"
gcc -O1 -g -fsanitize=thread -I"$work" -o "$work/watched" "$folder/race.c" -ldl
TSAN_OPTIONS=halt_on_error=1:exitcode=66 "$work/watched"
echo "no data race"
