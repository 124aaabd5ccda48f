/// A seccomp program (seccomp(2)) that lets a sandboxed program use a terminal but not type into it.
///
/// What holds a terminal may push characters into its input by ioctl(TIOCSTI), or paste a selection
/// by ioctl(TIOCLINUX) (ioctl_tty(2)); the shell outside would read them once the sandbox is left.
enum TerminalFilter {
    #if arch(x86_64)
        /// AUDIT_ARCH_X86_64 and the number of ioctl, as linux/audit.h and asm/unistd.h have them.
        private static let architecture: UInt32 = 0xC000_003E
        private static let ioctl: UInt32 = 16
    #elseif arch(arm64)
        private static let architecture: UInt32 = 0xC000_00B7
        private static let ioctl: UInt32 = 29
    #endif

    /// System calls from here on are the same ones again, under the x32 ABI of x86-64.
    private static let x32: UInt32 = 0x4000_0000
    private static let forbidden: [UInt32] = [0x5412, 0x541C]

    /// The instructions in the form that bubblewrap's --seccomp reads: an array of sock_filter.
    static var program: [UInt8] {
        // Offsets in seccomp_data: the call's number at 0, the architecture at 4, the low half of
        // the second argument at 24. The last two instructions allow, and fail with EPERM.
        let instructions: [(code: UInt16, ifTrue: UInt8, ifFalse: UInt8, operand: UInt32)] = [
            (load, 0, 0, 4), (jumpIfEqual, 0, 7, architecture),
            (load, 0, 0, 0), (jumpIfAtLeast, 5, 0, x32), (jumpIfEqual, 0, 3, ioctl),
            (load, 0, 0, 24), (jumpIfEqual, 2, 0, forbidden[0]), (jumpIfEqual, 1, 0, forbidden[1]),
            (finish, 0, 0, 0x7FFF_0000), (finish, 0, 0, 0x0005_0001),
        ]
        return instructions.flatMap { instruction in
            bytes(instruction.code) + [instruction.ifTrue, instruction.ifFalse]
                + bytes(instruction.operand)
        }
    }

    private static let load: UInt16 = 0x20
    private static let jumpIfEqual: UInt16 = 0x15
    private static let jumpIfAtLeast: UInt16 = 0x35
    private static let finish: UInt16 = 0x06

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number) { Array($0) }
    }
}
