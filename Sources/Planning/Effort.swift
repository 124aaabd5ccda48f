/// What an action is expected to need, for whoever puts actions in order.
extension Action {
    /// Wall-clock seconds where nothing better is known, from builds of Ruby 3.3 on two processors:
    /// good enough to tell what is long from what is short.
    package var usualSeconds: Double {
        switch operation {
        case .fetch: 10
        case .root(let root): root.baseOnly ? 30 : 120
        case .steps(let program): program.steps.contains { $0.title == "configure" } ? 330 : 40
        case .package: 40
        case .evidence: 3
        case .smoke: 120
        case .check: 600
        }
    }

    /// Bytes of memory that should be free before it begins beside others: what the compilers of a
    /// make and rustc take together was seen to stay below the larger figure.
    package var usualMemory: Int64 {
        switch operation {
        case .steps, .check: 1_500_000_000
        case .fetch: 0
        case .root, .package, .evidence, .smoke: 500_000_000
        }
    }

    /// Whether it keeps a processor busy; a download waits for others.
    package var needsProcessor: Bool {
        if case .fetch = operation { return false }
        return true
    }

    /// Whether a make of it can use more than one processor.
    package var sharesJobs: Bool {
        switch operation {
        case .steps(let program): program.steps.contains(where: \.sharesJobs)
        case .check(let check): check.preparation.contains(where: \.sharesJobs)
        case .fetch, .root, .package, .evidence, .smoke: false
        }
    }
}

extension StepsOperation.Step {
    /// The argument of a make for as many jobs as there are slots.
    package static let jobsArgument = "-j{jobs}"

    /// Whether it is a make that can use as many job slots as it is given.
    package var sharesJobs: Bool { arguments.contains(Self.jobsArgument) }
}

extension Plan {
    /// The expected seconds from the beginning of each action to the end of the plan, if nothing
    /// but what it waits for held an action up: the greatest is the length of the critical path.
    ///
    /// - Parameter seconds: what each action is expected to take.
    /// - Returns: the seconds by the actions' ids.
    package func remainingSeconds(_ seconds: (Action) -> Double) -> [ActionID: Double] {
        var behind: [ActionID: Double] = [:]
        var remaining: [ActionID: Double] = [:]
        // Each action stands after those it waits for.
        for action in actions.reversed() {
            let own = seconds(action) + (behind[action.id] ?? 0)
            remaining[action.id] = own
            for dependency in action.dependencies {
                behind[dependency] = max(behind[dependency] ?? 0, own)
            }
        }
        return remaining
    }
}
