import HostSystem
import Planning

/// Shares the job slots of a run among its actions.
///
/// A running action holds one slot from start to end. What is free beyond that is lent to the makes
/// inside actions, each through a pipe of its own, so that a make that is killed, or a program that
/// only looks like one, can lose or forge no slot but those lent to it.
struct JobSlots {
    private struct Loan {
        let pipe: JobPipe
        /// Who comes first; greater is earlier.
        let rank: Double
        /// Slots in the pipe or in use by the make.
        var lent = 0
        /// Whether slots lay unused when last looked at.
        var hasEnough = false
    }

    /// Slots that nobody holds; below zero never.
    private(set) var free: Int
    private var loans: [ActionID: Loan] = [:]

    init(_ count: Int) {
        free = count
    }

    /// Whether some make may leave slots unused, which somebody else could have.
    var isLending: Bool { !loans.isEmpty }

    /// An action takes its own slot.
    mutating func take() {
        precondition(free > 0)
        free -= 1
    }

    /// An action ends, and with it what was lent to it.
    mutating func giveBack(_ id: ActionID) {
        free += 1 + (loans.removeValue(forKey: id)?.lent ?? 0)
    }

    /// An action has a make that can use more slots.
    mutating func open(_ pipe: JobPipe, for id: ActionID, rank: Double) {
        loans[id] = Loan(pipe: pipe, rank: rank)
    }

    /// Takes back what lies unused in the pipes.
    mutating func collect() {
        for id in loans.keys {
            guard var loan = loans[id] else { continue }
            let found = min(loan.pipe.takeAll(), loan.lent)
            loan.lent -= found
            loan.hasEnough = found > 0
            free += found
            loans[id] = loan
        }
    }

    /// Lends all that is free: to makes that used up what they had, then to the others, those of
    /// higher rank first.
    mutating func lend() {
        guard free > 0 else { return }
        let wishes = loans.sorted { left, right in
            if left.value.hasEnough != right.value.hasEnough { return right.value.hasEnough }
            return (left.value.rank, left.key.description) > (
                right.value.rank, right.key.description
            )
        }
        guard let first = wishes.first else { return }
        let given = first.value.pipe.put(free)
        loans[first.key]?.lent += given
        free -= given
    }
}
