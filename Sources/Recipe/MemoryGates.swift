/// What memory packages may hold: the rows that the smoke check `memory` tries.
///
/// The check reads the file itself, in the sandbox; this form is for `lint`, and for whoever shows
/// or compares the limits.
package struct MemoryGates: Sendable, Hashable {
    /// One run of a workload.
    package struct Trial: Sendable, Hashable {
        package let name: String
        /// The workload's file in `Recipes/workloads`, without its ending.
        package let workload: String
        /// `NAME=VALUE` each, besides what all trials have.
        package let environment: [String]

        static let form = Form.mapping("a trial") { keys in
            Trial(
                name: keys.required("name", .name),
                workload: keys.required("workload", .fileName),
                environment: keys.required(
                    "environment", .list(of: .setting, unique: true, canBeEmpty: true)))
        }
    }

    /// One figure of a trial, and what it may be.
    package struct Row: Sendable, Hashable {
        /// What is read; `Recipes/gates.yaml` explains the words.
        package enum Figure: String, Sendable, Hashable, CaseIterable {
            case settled, growth, trimmable
        }

        /// What `against` says for the bytes that the workload itself keeps.
        static let live = "live"

        package let name: String
        /// Nil for every variant.
        package let variants: [String]?
        /// Nil for every series.
        package let series: [RubySeriesNumber]?
        package let figure: Figure
        package let trial: String
        /// The trial, or `live`, that the figure is divided by; nil for MiB, or a share.
        package let against: String?
        package let atLeast: Double?
        package let atMost: Double?
        /// What a miss most likely means.
        package let means: String

        static let form = Form.mapping("a row") { keys in
            let row = Row(
                name: keys.required("name", .name),
                variants: keys.optional("variants", .list(of: .name, unique: true)),
                series: keys.optional("series", .list(of: .series, unique: true)),
                figure: keys.required("figure", .word(Figure.settled)),
                trial: keys.required("trial", .name),
                against: keys.optional("against", .name),
                atLeast: keys.optional("at-least", .number),
                atMost: keys.optional("at-most", .number),
                means: keys.required("means", .line))
            if row.figure != .settled, row.against != nil {
                keys.report("only `settled` is held against something", at: "against")
            }
            if let least = row.atLeast, let most = row.atMost, least > most {
                keys.report("no figure is at least \(least) and at most \(most)", at: "at-most")
            }
            return row
        }

        /// Whether some package would have both rows.
        func overlaps(_ other: Row) -> Bool {
            func meet<Name: Hashable>(_ left: [Name]?, _ right: [Name]?) -> Bool {
                guard let left, let right else { return true }
                return !Set(left).isDisjoint(with: right)
            }
            return meet(variants, other.variants) && meet(series, other.series)
        }
    }

    /// `NAME=VALUE` each, for every trial.
    package let environment: [String]
    package let trials: [Trial]
    package let rows: [Row]

    static let form = Form.mapping("the memory gates") { keys in
        MemoryGates(
            environment: keys.required(
                "environment", .list(of: .setting, unique: true, canBeEmpty: true)),
            trials: keys.required("trials", .list(of: Trial.form)),
            rows: keys.required("rows", .list(of: Row.form)))
    }
}

extension Form where Value == String {
    /// What env(1) takes.
    fileprivate static let setting = scalar("like NAME=VALUE", placeholder: "") { text in
        let name = text.prefix { $0 != "=" }
        guard !name.isEmpty, name.count < text.count, Pattern.isLine(text),
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        else { return nil }
        return text
    }
}

extension Form where Value == Double {
    /// A limit; exponents and the words of IEEE 754 are none that people mean.
    fileprivate static let number = scalar("a number such as 0.25", placeholder: 0) { text in
        text.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") } ? Double(text) : nil
    }
}
