#!/bin/sh
# Stands in front of rustc, and gives back the YJIT library that it compiled before in the same root
# from the same sources; the bytes are those that rustc would make.
#
#   rustc.sh ARGUMENT...     as rustc(1) has them
#   rustc.sh --ahead         compiles YJIT as `make` will want it, for whoever has processors left
#
# Called in the top folder of Ruby's sources. A library is kept under a digest of all files below
# yjit and of the arguments, whole or not at all. Whatever else is asked of rustc goes to rustc.
set -eu

kept_in=/tmp/compile-cache
here=/build/compilers

# The real one is behind this one.
PATH=${PATH#"$here:"}

# The arguments are where `make` will look for them; the folder it will name is of no account.
if [ "${1-}" = --ahead ]; then
  grep -q '^YJIT_RUSTC_ARGS = ' common.mk 2> /dev/null || exit 0
  {
    sed -n '/^YJIT_RUSTC_ARGS = /,/[^\\]$/p' common.mk
    printf 'ahead:\n\tsh %s $(YJIT_RUSTC_ARGS)\n' "$0"
  } > "$here/ahead.mk"
  exec make --silent --file="$here/ahead.mk" top_srcdir=. CARGO_TARGET_DIR="$here/ahead" ahead
fi

case " $* " in
  *" --crate-name=yjit "*" --out-dir="*) ;;
  *) exec rustc "$@" ;;
esac
for word; do
  case $word in
    --out-dir=*) made=${word#--out-dir=} ;;
  esac
done

question=$(
  {
    find yjit -path yjit/target -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
    for word; do
      [ "$word" = "--out-dir=$made" ] || printf '%s\n' "$word"
    done
  } | sha256sum | cut -c 1-64
)
kept=$kept_in/yjit-$question.tar.zst

# One compiles, and whoever wants the same waits for it.
exec 9> "$here/yjit-$question.lock"
flock 9
mkdir -p "$made"
if [ -f "$kept" ] && tar --extract --file="$kept" --directory="$made"; then
  exit 0
fi
rustc "$@" 9>&-
new=$(mktemp "$kept_in/new.XXXXXX")
tar --create --zstd --file="$new" --directory="$made" .
mv "$new" "$kept"
