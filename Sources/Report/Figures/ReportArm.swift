package import Measurement

/// One arm as the report shows it: with a name of its own, one colour and one mark throughout.
package struct ReportArm: Sendable, Hashable {
    package let label: String
    /// Number of its colour and mark, from 0.
    package let slot: Int
    package let arm: Arm

    /// Colours that variants always have; arms that are none of these take the ones behind.
    private static let known = ["plain", "trim", "jemalloc", "tcmalloc", "mimalloc"]
    /// How many colours there are.
    static let slots = 8

    private init(label: String, slot: Int, arm: Arm) {
        self.label = label
        self.slot = slot
        self.arm = arm
    }

    /// The one that the others are compared with: the first plain one, else the first.
    static func baseline(of arms: [ReportArm]) -> Int {
        arms.firstIndex { $0.variant == "plain" } ?? 0
    }

    private var variant: String? { Self.variant(of: arm) }

    private static func variant(of arm: Arm) -> String? {
        if let variant = arm.ruby.package?.variant { return variant }
        let words = arm.label.split { !$0.isLetter }.map { $0.lowercased() }
        return words.first { known.contains($0) }
    }

    /// All arms of some recordings; equal ones are one.
    ///
    /// - Returns: the arms, and for each recording the number of each of its labels.
    static func collect(_ sources: [ReportInput.Source]) -> (
        arms: [ReportArm], numbers: [[String: Int]]
    ) {
        var arms: [ReportArm] = []
        var numbers: [[String: Int]] = []
        for source in sources {
            var own: [String: Int] = [:]
            for arm in source.recording.arms {
                if let number = arms.firstIndex(where: { $0.arm == arm }) {
                    own[arm.label] = number
                    continue
                }
                own[arm.label] = arms.count
                arms.append(
                    ReportArm(
                        label: unique(arm.label, source.name, among: arms.map(\.label)),
                        slot: slot(of: arm, taken: Set(arms.map(\.slot))), arm: arm))
            }
            numbers.append(own)
        }
        let names = shortened(arms)
        return (
            zip(arms, names).map { ReportArm(label: $1, slot: $0.slot, arm: $0.arm) }, numbers
        )
    }

    /// Names as short as they may be: of packages their names, of files the last part of the path,
    /// and without what all begin or end with.
    private static func shortened(_ arms: [ReportArm]) -> [String] {
        var names = arms.map { arm in
            let isPath = arm.label == arm.arm.label && arm.label.hasPrefix("/")
            let last = arm.label.split(separator: "/").last.map(String.init) ?? arm.label
            return isPath ? arm.arm.ruby.package?.name ?? last : arm.label
        }
        if Set(names).count < names.count { names = arms.map(\.label) }
        guard names.count > 1 else { return names }
        names = withoutCommonBeginning(names, before: "/-_@: ")
        return withoutCommonBeginning(names.map { String($0.reversed()) }, before: " :_")
            .map { String($0.reversed()) }
    }

    /// Names without what all begin with, up to the last separator in that.
    private static func withoutCommonBeginning(_ names: [String], before separators: String)
        -> [String]
    {
        let common = names.dropFirst().reduce(names[0]) { common, name in
            String(zip(common, name).prefix { $0 == $1 }.map(\.0))
        }
        guard let end = common.lastIndex(where: separators.contains) else { return names }
        let count = common.distance(from: common.startIndex, to: end) + 1
        guard names.allSatisfy({ $0.count > count }) else { return names }
        return names.map { String($0.dropFirst(count)) }
    }

    /// A name that no other has: with the file's where two recordings use the same for different
    /// Rubies.
    static func unique(_ label: String, _ source: String, among taken: [String]) -> String {
        guard taken.contains(label) else { return label }
        let named = "\(label) (\(source))"
        guard taken.contains(named) else { return named }
        return (2...).lazy.map { "\(named) \($0)" }.first { !taken.contains($0) } ?? named
    }

    private static func slot(of arm: Arm, taken: Set<Int>) -> Int {
        let own = variant(of: arm).flatMap { known.firstIndex(of: $0) }
        if let own, !taken.contains(own) { return own }
        let free = (Array(known.count..<slots) + Array(0..<known.count)).first {
            !taken.contains($0)
        }
        return free ?? taken.count % slots
    }
}
