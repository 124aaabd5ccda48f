import Diagnostics
import Foundation
package import SystemPackage

/// The named pipe of a jobserver: each byte in it is a job slot that a make may take and must put
/// back ("POSIX Jobserver Interaction" in the manual of GNU make 4.3).
package final class JobPipe: Sendable {
    /// Where the pipe lies.
    package let path: FilePath
    private let descriptor: FileDescriptor

    /// The descriptor under which makes find the pipe.
    ///
    /// A make closes it for whatever is no make, and still names it to that in MAKEFLAGS. A program
    /// that understands such words, rustc for one, then takes the file that happens to have the
    /// number for the pipe, reads from it, and writes into it. Files that programs open themselves
    /// have the lowest numbers that are free, so this one is far from them.
    private static let number = 200

    /// What a make puts in for a slot that it was started with; the value has no meaning.
    private static let slot = UInt8(ascii: "+")

    /// Makes an empty pipe that only this user may open.
    ///
    /// - Throws: `Failure` of kind `environment` when it cannot be made.
    package init(at path: FilePath) throws {
        func failure(_ error: Errno) -> Failure {
            Failure(
                .environment, "cannot make the named pipe `\(path)`: \(error)",
                hint: "choose a home on a file system with named pipes")
        }
        guard mkfifo(path.string, 0o600) == 0 else { throw failure(Errno(rawValue: errno)) }
        do {
            // For reading and writing, so that it never ends, and slots stay in it while no make
            // has it open.
            descriptor = try .open(path, .readWrite, options: [.nonBlocking, .closeOnExec])
        } catch let error as Errno {
            unlink(path.string)
            throw failure(error)
        }
        self.path = path
    }

    /// The words of a command that starts a make with the pipe.
    ///
    /// The pipe must be open when make begins, so a shell opens it first: bash, since others know
    /// one digit of a descriptor only.
    ///
    /// - Parameters:
    ///   - path: the pipe, where the make runs.
    ///   - make: the make and its arguments.
    /// - Returns: the argument vector.
    package static func opening(_ path: FilePath, for make: [String]) -> [String] {
        ["bash", "-c", #"exec \#(number)<>"$0"; exec "$@""#, path.string] + make
    }

    /// What a make that was started with the pipe has to be told.
    ///
    /// - Parameter slots: how many jobs it may think of running at once.
    /// - Returns: a value of MAKEFLAGS (`--jobserver-auth`, in the manual of GNU make 4.3).
    package static func flags(slots: Int) -> String {
        "-j\(slots) --jobserver-auth=\(number),\(number)"
    }

    /// Puts slots in.
    ///
    /// - Returns: how many there was room for.
    package func put(_ count: Int) -> Int {
        guard count > 0 else { return 0 }
        let bytes = [UInt8](repeating: Self.slot, count: count)
        return (try? bytes.withUnsafeBytes { try descriptor.write($0) }) ?? 0
    }

    /// Takes out all the slots that nobody uses.
    ///
    /// - Returns: how many there were; a program that is no make may have put in any number.
    package func takeAll() -> Int {
        var bytes = [UInt8](repeating: 0, count: 4096)
        return (try? bytes.withUnsafeMutableBytes { try descriptor.read(into: $0) }) ?? 0
    }

    /// Removes the pipe; what is in it is gone.
    package func close() {
        unlink(path.string)
        try? descriptor.close()
    }
}
