import SystemPackage

/// The processors that this process may run on.
package enum Processors {
    /// The lowest number of one, as `Cpus_allowed_list` of proc(5) has it (`0-3,8`); 0 when the
    /// kernel does not say.
    package static var first: Int {
        let lines = (try? Files.readText("/proc/self/status"))?.split(whereSeparator: \.isNewline)
        let list = lines?.first { $0.hasPrefix("Cpus_allowed_list:") }
        return list?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
    }
}
