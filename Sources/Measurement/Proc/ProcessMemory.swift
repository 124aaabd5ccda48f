import Foundation

/// Reads what proc(5) tells of the memory of one process, from outside and without stopping it.
package struct ProcessMemory: Sendable {
    private let folder: String
    private static let pageSize = Int64(sysconf(Int32(_SC_PAGESIZE)))

    /// - Parameter process: its number.
    package init(process: Int32) {
        folder = "/proc/\(process)"
    }

    /// Resident, shared and whole size, in a few microseconds.
    ///
    /// - Parameter t: milliseconds since the program was started.
    /// - Returns: nil once the process has ended.
    package func sample(t: Double) -> MemorySample? {
        Self.text("\(folder)/statm").flatMap {
            MemorySample(statm: $0, pageSize: Self.pageSize, t: t)
        }
    }

    /// All figures; the kernel looks at every page of the process for them.
    ///
    /// - Parameter t: milliseconds since the program was started.
    /// - Returns: nil once the process has ended, or when it may not be read.
    package func figures(t: Double) -> MemoryFigures? {
        guard let rollup = Self.text("\(folder)/smaps_rollup") else { return nil }
        return MemoryFigures(
            rollup: rollup, status: Self.text("\(folder)/status") ?? "", t: t)
    }

    /// Bytes of Pss_Anon, or of Anonymous where the kernel does not divide.
    package func anonymous() -> Int64? {
        guard let rollup = Self.text("\(folder)/smaps_rollup") else { return nil }
        let values = ProcText.values(in: rollup)
        return values["Pss_Anon"] ?? values["Anonymous"]
    }

    private static func text(_ path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }
}

extension MemorySample {
    /// - Parameters:
    ///   - statm: the text of statm.
    ///   - pageSize: bytes of a page.
    ///   - t: milliseconds since the program was started.
    package init?(statm: String, pageSize: Int64, t: Double) {
        let pages = statm.split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
        // A zombie has no memory any more.
        guard pages.count >= 3, pages[1] > 0 else { return nil }
        self.init(
            t: t, rss: pages[1] * pageSize, size: pages[0] * pageSize,
            shared: pages[2] * pageSize)
    }
}

extension MemoryFigures {
    /// - Parameters:
    ///   - rollup: the text of smaps_rollup.
    ///   - status: the text of status.
    ///   - t: milliseconds since the program was started.
    package init?(rollup: String, status: String, t: Double) {
        let values = ProcText.values(in: rollup)
        guard let rss = values["Rss"], let pss = values["Pss"],
            let anonymous = values["Anonymous"], let dirty = values["Private_Dirty"],
            let clean = values["Private_Clean"]
        else { return nil }
        self.t = t
        self.rss = rss
        self.pss = pss
        pssAnonymous = values["Pss_Anon"]
        self.private = clean + dirty
        privateDirty = dirty
        self.anonymous = anonymous
        hugePages = values["AnonHugePages"]
        lazyFree = values["LazyFree"]
        swap = values["Swap"] ?? 0
        peak = ProcText.values(in: status)["VmHWM"]
    }
}

/// Lines such as `Pss_Anon:  1234 kB`.
enum ProcText {
    /// Bytes by name; lines of another shape are left out.
    static func values(in text: String) -> [String: Int64] {
        var values: [String: Int64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count == 3, words[2] == "kB", words[0].hasSuffix(":"),
                let count = Int64(words[1])
            else { continue }
            values[String(words[0].dropLast())] = count * 1024
        }
        return values
    }
}
