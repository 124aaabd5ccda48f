package import HostSystem
package import SystemPackage

/// A throw-away folder for one test.
package enum Scratch {
    /// Runs a test's body in an empty folder that is gone afterwards.
    package static func with<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value
    {
        try await TemporaryDirectory.with(in: "/tmp", name: "lapidary-test") { folder in
            try await body(folder)
        }
    }
}

/// Waits for something that happens in another task or process.
///
/// - Parameters:
///   - limit: how long to wait at most.
///   - condition: what shall come true.
/// - Returns: whether it came true in time.
/// - Throws: what the condition throws.
package func eventually(
    within limit: Duration = .seconds(120), _ condition: () throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return try condition()
}

/// Processes, as /proc shows them.
package enum Processes {
    /// Whether a process runs; one that ended and that nobody asked for yet does not.
    package static func isRunning(_ pid: Int) -> Bool {
        guard let status = try? Files.readText(FilePath("/proc/\(pid)/stat")),
            let close = status.lastIndex(of: ")")
        else { return false }
        let state = status[close...].dropFirst().split(separator: " ").first
        return state != "Z" && state != "X"
    }

    /// The number that a process wrote into a file; nil as long as it is not there.
    package static func number(in file: FilePath) -> Int? {
        (try? Files.readText(file)).flatMap { text in
            text.hasSuffix("\n") ? Int(text.dropLast()) : nil
        }
    }
}

/// Runs a program in the background for as long as a body takes.
///
/// - Parameters:
///   - command: the program; its whole process group is gone afterwards.
///   - body: what happens meanwhile.
/// - Returns: what the body returns.
/// - Throws: what the body throws.
package func whileRunning<Value>(_ command: Command, _ body: () async throws -> Value)
    async throws -> Value
{
    let task = Task { try await SubprocessRunner().capture(command) }
    do {
        let value = try await body()
        task.cancel()
        _ = await task.result
        return value
    } catch {
        task.cancel()
        _ = await task.result
        throw error
    }
}
