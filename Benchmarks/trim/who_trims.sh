#!/bin/sh
# Shows when a Ruby calls malloc_trim, by counting the calls from outside:
#
#     who_trims.sh PREFIX...
#
# A stock Ruby 3.3 or newer does in Process.warmup alone, however many major GCs there
# are; an older one never does. Fails if a Ruby without +trim in its version differs.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
shim=$(mktemp -d)
trap 'rm -rf "$shim"' EXIT
gcc -shared -fPIC -O2 -o "$shim/count_trims.so" "$folder/count_trims.c"
unset RUBYOPT RUBY_MALLOC_TRIM || true
bad=0

# Prints the calls of a program, and the major GCs it says it had.
count() {
    LD_PRELOAD="$shim/count_trims.so" "$1/bin/ruby" --disable-gems -e "$2" 2>&1 |
        awk '/^malloc_trim calls:/ { calls = $3 } /^majors/ { majors = $2 } END { print calls + 0, majors + 0 }'
}

for prefix; do
    version=$("$prefix/bin/ruby" -v)
    echo "$version"
    say='puts "majors #{GC.stat(:major_gc_count)}"'
    automatic=$(count "$prefix" "h = {}; 3_000_000.times { |i| h[i % 150_000] = \"value #{i} of many\" * 2 }; $say")
    explicit=$(count "$prefix" "20.times { GC.start }; $say")
    warmup=$(count "$prefix" "Process.warmup if Process.respond_to?(:warmup); $say")
    echo "  automatic GCs:      ${automatic#* } major, ${automatic% *} calls"
    echo "  twenty GC.start:    ${explicit#* } major, ${explicit% *} calls"
    echo "  one Process.warmup: ${warmup#* } major, ${warmup% *} calls"
    has_warmup=$("$prefix/bin/ruby" --disable-gems -e 'print Process.respond_to?(:warmup) ? 1 : 0')
    case $version in
    *+trim*) ;;
    *)
        if [ "${automatic% *} ${explicit% *} ${warmup% *}" != "0 0 $has_warmup" ] ||
            [ "${automatic#* }" -lt 5 ] || [ "${explicit#* }" -lt 20 ]; then
            echo "  that is not what stock Rubies do" >&2
            bad=1
        fi
        ;;
    esac
done
exit $bad
