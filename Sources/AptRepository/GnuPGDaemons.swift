import Foundation
import HostSystem
import SystemPackage

/// The programs that gpg leaves running for its home.
struct GnuPGDaemons {
    private static let names: Set = ["gpg-agent", "scdaemon", "keyboxd", "dirmngr"]

    /// The home as gpg was told it: its daemons carry the same words.
    let home: FilePath

    /// Returns when none is left, or when neither asking nor insisting helped.
    ///
    /// `gpgconf --kill` comes back when the agent has said that it will end, which is before it
    /// has; and an agent whose gpg was killed may not listen yet when gpgconf asks for it.
    func awaitEnd() async {
        for signal in [nil, SIGTERM, SIGKILL] {
            if let signal { running().forEach { kill($0, signal) } }
            for _ in 0..<100 {
                if running().isEmpty { return }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func running() -> [pid_t] {
        let entries = (try? Files.names(in: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter(isOurs)
    }

    private func isOurs(_ pid: pid_t) -> Bool {
        // A program that ended and was not waited for has no words any more.
        guard let line = try? Files.readText(FilePath("/proc/\(pid)/cmdline")) else { return false }
        let words = line.split(separator: "\0").map(String.init)
        guard let program = words.first.flatMap({ FilePath($0).lastComponent?.string }),
            let option = words.firstIndex(of: "--homedir")
        else { return false }
        return Self.names.contains(program) && words[option...].dropFirst().first == home.string
    }
}
