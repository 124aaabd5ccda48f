extension BinaryPackage {
    /// The text of `DEBIAN/postrm`: a POSIX shell script, run by dpkg as root.
    ///
    /// A removal keeps the gems that people installed into the prefix; a purge deletes them. The
    /// prefix holds only characters that a shell takes literally, and is quoted nevertheless.
    package var postrm: String {
        """
        #!/bin/sh
        set -e

        prefix='\(prefix.path)'
        parent='\(prefix.parent)'

        if [ "$1" = purge ]; then
            # dpkg has deleted our own files by now. An interpreter that is still there belongs to
            # another package in the same place, whose files are not ours to delete.
            if [ -e "$prefix/bin/ruby" ] || [ -L "$prefix/bin/ruby" ]; then
                echo "$prefix is in use by another package: left as it is" >&2
            else
                rm -rf -- "$prefix"
            fi
        fi

        # Folders go when nothing is in them; gems that people installed stay until a purge.
        case "$1" in
            remove | purge | disappear)
                rmdir -- "$prefix" 2>/dev/null || true
                rmdir -- "$parent" 2>/dev/null || true
                ;;
        esac

        """
    }
}
