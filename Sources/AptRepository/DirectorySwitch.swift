import Diagnostics
import Foundation
import HostSystem
import SystemPackage

/// Puts a complete new folder in the place of the live one.
enum DirectorySwitch {
    /// Switches in one step where the kernel and the file system can (renameat2(2)); elsewhere in
    /// two renames, between which the live folder is missing for a moment.
    ///
    /// - Parameters:
    ///   - new: the complete folder, on the same file system; afterwards it is gone, or holds
    ///     what was live before.
    ///   - live: the place; there need not be anything yet.
    ///   - retired: where the old folder goes if it cannot stay at `new`.
    /// - Throws: `Failure` of kind `environment`; the old folder is live then.
    static func put(_ new: FilePath, at live: FilePath, retiring retired: FilePath) throws {
        guard Files.exists(live) else { return try Files.move(new, to: live) }
        if try exchange(new, live) { return }
        try replace(live, by: new, retiring: retired)
    }

    /// The two renames; the old folder comes back when the second one fails.
    static func replace(
        _ live: FilePath, by new: FilePath, retiring retired: FilePath
    ) throws {
        try Files.move(live, to: retired)
        do {
            try Files.move(new, to: live)
        } catch {
            try Files.move(retired, to: live)
            throw error
        }
    }

    /// The signature of renameat2(2).
    private typealias RenameAt2 =
        @convention(c) (
            CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt
        ) -> CInt
    /// `RENAME_EXCHANGE` of linux/fs.h.
    private static let exchangeFlag: CUnsignedInt = 2

    /// False when this system cannot exchange.
    ///
    /// Looked up at run time, because Swift's Glibc module leaves this GNU extension out and some
    /// C libraries do not have it.
    static func exchange(_ one: FilePath, _ other: FilePath) throws -> Bool {
        guard let program = dlopen(nil, RTLD_NOW), let symbol = dlsym(program, "renameat2") else {
            return false
        }
        let renameAt2 = unsafeBitCast(symbol, to: RenameAt2.self)
        if renameAt2(AT_FDCWD, one.string, AT_FDCWD, other.string, exchangeFlag) == 0 {
            return true
        }
        let error = Errno(rawValue: errno)
        if error == .invalidArgument || error == .noFunction { return false }
        throw Failure(.environment, "cannot exchange `\(one)` and `\(other)`: \(error)")
    }
}
