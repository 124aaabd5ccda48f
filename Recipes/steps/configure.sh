#!/bin/sh
# Runs configure, and spares it the questions that it has answered before in the same root.
#
#   configure.sh ARGUMENT...
#
# The answers are kept under a digest of configure itself and of its arguments, so they are given back
# to the very same questions only. CONFIG_SITE names the file that holds them, since configure would
# write an argument down in RbConfig. Answers are kept when configure has ended well, and in one step:
# half of them would be worse than none. Without the folder, configure asks everything.
set -eu

kept_in=/tmp/compile-cache
answers=/build/configure.cache

question=$({ cat configure && printf '%s\n' "$@"; } | sha256sum | cut -c 1-64)
kept=$kept_in/configure-$question
if [ -f "$kept" ]; then
  cp "$kept" "$answers"
fi

echo "cache_file=$answers" > /build/config.site
CONFIG_SITE=/build/config.site ./configure "$@"

if [ -d "$kept_in" ]; then
  new=$(mktemp "$kept.XXXXXX")
  cp "$answers" "$new"
  mv "$new" "$kept"
fi
