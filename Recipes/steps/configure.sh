#!/bin/sh
# Runs configure, and spares it the questions that it has answered before in the same root; and puts
# ccache in front of the compilers that make will call, and rustc.sh in front of rustc.
#
#   configure.sh JOBS ARGUMENT...
#
# The answers are kept under a digest of configure itself and of its arguments, so they are given back
# to the very same questions only. CONFIG_SITE names the file that holds them, since configure would
# write an argument down in RbConfig. Answers are kept when configure has ended well, and in one step:
# half of them would be worse than none. Without the folder, configure asks everything.
set -eu

kept_in=/tmp/compile-cache
answers=/build/configure.cache
compilers=/build/compilers
jobs=$1
shift

question=$({ cat configure && printf '%s\n' "$@"; } | sha256sum | cut -c 1-64)
kept=$kept_in/configure-$question
if [ -f "$kept" ]; then
  cp "$kept" "$answers"
fi

# configure uses one processor, for half a minute when it has to ask everything; YJIT takes as long
# to compile, and asks nothing of it.
ahead=
if [ -d "$kept_in" ] && command -v rustc > /dev/null; then
  rust=${0%/*}/rustc.sh
  mkdir "$compilers"
  printf '#!/bin/sh\nexec sh %s "$@"\n' "$rust" > "$compilers/rustc"
  chmod 755 "$compilers/rustc"
  if [ "$jobs" -gt 1 ] && [ ! -f "$answers" ]; then
    nice sh "$rust" --ahead > /dev/null 2>&1 &
    ahead=$!
  fi
fi

echo "cache_file=$answers" > /build/config.site
CONFIG_SITE=/build/config.site ./configure "$@"

if [ -d "$kept_in" ]; then
  new=$(mktemp "$kept.XXXXXX")
  cp "$answers" "$new"
  mv "$new" "$kept"
fi

# Nothing lives on when this ends. Whether it went well, `make` will tell.
[ -z "$ahead" ] || wait "$ahead" || true

# ccache would preprocess every file to learn what goes into it, before the compiler does so again:
# a third of the time that small files take. With -MD the compiler itself tells (ccache(1), "depend
# mode"); what it tells is a file that nobody else wants. Neither option gets into an object. What
# configure compiles is answered by the cache of its answers, so ccache begins with make.
if [ -d "$kept_in" ] && command -v ccache > /dev/null; then
  mkdir -p "$compilers"
  for name in gcc g++ cc c++; do
    compiler=$(command -v "$name") || continue
    cat > "$compilers/$name" << EOF
#!/bin/sh
for word; do
  if [ "\$word" = -c ]; then
    ccache "$compiler" -MD -MF "/tmp/\$\$.d" "\$@"
    status=\$?
    rm -f "/tmp/\$\$.d"
    exit "\$status"
  fi
done
exec "$compiler" "\$@"
EOF
    chmod 755 "$compilers/$name"
  done
fi
