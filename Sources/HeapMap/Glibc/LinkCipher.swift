/// How the links of thread caches and fastbins are written: from glibc 2.32 on each is mixed with
/// its own address (`PROTECT_PTR`, malloc/malloc.c).
package enum LinkCipher: Sendable, Hashable, CaseIterable {
    case mangled, plain

    /// The link that stands at an address.
    func reveal(_ word: UInt64, at address: UInt64) -> UInt64 {
        switch self {
        case .mangled: (address >> 12) ^ word
        case .plain: word
        }
    }
}
