import Diagnostics

/// A Debian package version, `[epoch:]upstream[-revision]`, as deb-version(7) defines it.
///
/// Two versions are equal when dpkg orders neither before the other: `1.0`, `0:1.0` and `1.00-0`
/// are one version. Compare `text` where the spelling itself matters, as in a file name.
package struct DebianVersion: Sendable, CustomStringConvertible {
    /// The version as it was written.
    package let text: String
    /// 0 when none is written.
    package let epoch: Int
    package let upstream: String
    /// What follows the last hyphen; nil when there is none (a native package).
    package let revision: String?

    private let upstreamOrder: VersionOrder
    private let revisionOrder: VersionOrder

    /// Takes a version apart and checks it.
    ///
    /// - Throws: `Failure` of kind `failed` that says which rule of deb-version(7) is broken.
    package init(_ text: String) throws {
        var rest = Substring(text)
        var writtenEpoch: Substring?
        if let colon = rest.firstIndex(of: ":") {
            writtenEpoch = rest[..<colon]
            rest = rest[rest.index(after: colon)...]
        }
        var revision: Substring?
        if let hyphen = rest.lastIndex(of: "-") {
            revision = rest[rest.index(after: hyphen)...]
            rest = rest[..<hyphen]
        }
        if let defect = Self.defect(epoch: writtenEpoch, upstream: rest, revision: revision) {
            throw Failure(
                .failed, "not a Debian version: `\(text)`, \(defect)",
                hint: "write it as [epoch:]upstream[-revision], such as `3.3.8-1+deb12`")
        }
        self.text = text
        epoch = writtenEpoch.flatMap { Int($0) } ?? 0
        upstream = String(rest)
        self.revision = revision.map { String($0) }
        upstreamOrder = VersionOrder(rest)
        revisionOrder = VersionOrder(revision ?? "")
    }

    /// What is wrong with the parts of a version; nil when nothing is.
    private static func defect(
        epoch: Substring?, upstream: Substring, revision: Substring?
    ) -> String? {
        if let epoch {
            // dpkg keeps the epoch in a C int.
            guard epoch.utf8.allSatisfy(\.isDigit), Int32(epoch) != nil else {
                return "its epoch is no number"
            }
        }
        guard let first = upstream.utf8.first else { return "its upstream part is empty" }
        guard first.isDigit else { return "its upstream part does not begin with a digit" }
        let marks = epoch == nil ? ".+-~" : ".+-~:"
        guard upstream.utf8.allSatisfy({ $0.isAlphanumeric || marks.utf8.contains($0) }) else {
            return "its upstream part has a character that is not allowed"
        }
        guard let revision else { return nil }
        guard !revision.isEmpty else { return "its revision is empty" }
        guard revision.utf8.allSatisfy({ $0.isAlphanumeric || "+.~".utf8.contains($0) }) else {
            return "its revision has a character that is not allowed"
        }
        return nil
    }

    package var description: String { text }

    /// The version as file names carry it: without the epoch, whose colon they avoid.
    package var withoutEpoch: String { upstream + (revision.map { "-\($0)" } ?? "") }
}

extension DebianVersion: Comparable, Hashable {
    package static func < (left: Self, right: Self) -> Bool {
        if left.epoch != right.epoch { return left.epoch < right.epoch }
        if left.upstreamOrder != right.upstreamOrder {
            return left.upstreamOrder < right.upstreamOrder
        }
        return left.revisionOrder < right.revisionOrder
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.epoch == right.epoch && left.upstreamOrder == right.upstreamOrder
            && left.revisionOrder == right.revisionOrder
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(epoch)
        hasher.combine(upstreamOrder)
        hasher.combine(revisionOrder)
    }
}

/// One part of a version, cut the way the sorting algorithm of deb-version(7) reads it.
///
/// The algorithm compares a run of non-digits, then a run of digits, and so on; it takes what is
/// missing at the end as an empty run, and an empty run of digits as zero.
private struct VersionOrder: Hashable, Comparable {
    private struct Step: Hashable {
        let marks: [UInt8]
        /// Without leading zeros, so that zero is empty and length decides before digits do.
        let digits: [UInt8]

        static let missing = Step(marks: [], digits: [])
    }

    private let steps: [Step]

    init(_ text: Substring) {
        var steps: [Step] = []
        var rest = text.utf8[...]
        while !rest.isEmpty {
            let marks = rest.prefix { !$0.isDigit }
            rest = rest.dropFirst(marks.count)
            let digits = rest.prefix(while: \.isDigit)
            rest = rest.dropFirst(digits.count)
            steps.append(
                Step(
                    marks: Array(marks),
                    digits: Array(digits.drop { $0 == UInt8(ascii: "0") })))
        }
        // "0" and "" order alike, so they have to be equal and hash alike, too.
        if steps.last == .missing { steps.removeLast() }
        self.steps = steps
    }

    static func < (left: Self, right: Self) -> Bool {
        for index in 0..<max(left.steps.count, right.steps.count) {
            let a = index < left.steps.count ? left.steps[index] : .missing
            let b = index < right.steps.count ? right.steps[index] : .missing
            if a.marks != b.marks { return precedes(a.marks, b.marks) }
            if a.digits.count != b.digits.count { return a.digits.count < b.digits.count }
            if a.digits != b.digits { return a.digits.lexicographicallyPrecedes(b.digits) }
        }
        return false
    }

    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        for index in 0..<max(left.count, right.count) {
            let a = weight(index < left.count ? left[index] : nil)
            let b = weight(index < right.count ? right[index] : nil)
            if a != b { return a < b }
        }
        return false
    }

    /// A tilde sorts before the end, the end before letters, letters before everything else.
    private static func weight(_ byte: UInt8?) -> Int {
        guard let byte else { return 0 }
        if byte == UInt8(ascii: "~") { return -1 }
        return byte.isAlphanumeric ? Int(byte) : Int(byte) + 256
    }
}

extension UInt8 {
    /// An ASCII digit.
    var isDigit: Bool { (48...57).contains(self) }

    /// An ASCII letter or digit; what Unicode calls one would not do in control data.
    var isAlphanumeric: Bool {
        isDigit || (65...90).contains(self) || (97...122).contains(self)
    }
}
