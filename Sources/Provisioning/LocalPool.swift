import Debian
import HostSystem
package import Lock
package import Store
package import SystemPackage

/// A flat apt repository of a package set, made of the store's files without copying them.
package enum LocalPool {
    /// Fills an empty folder with links to the packages and a Packages index.
    ///
    /// apt may trust the folder without a signature: each file was checked by its digest when it
    /// entered the store, and the index carries the same digests.
    package static func make(
        of members: [PackageSet.Member], in folder: FilePath, store: ArtifactStore
    )
        throws
    {
        var index = ""
        for member in members {
            try Files.linkOrCopy(
                store.path(of: member.sha256), to: folder.appending(member.fileName))
            index +=
                "\(member.stanza.trimmingTrailingNewlines())\nFilename: ./\(member.fileName)\n\n"
        }
        try Files.write(index, to: folder.appending("Packages"))
    }
}

extension String {
    fileprivate func trimmingTrailingNewlines() -> Substring {
        var text = self[...]
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
