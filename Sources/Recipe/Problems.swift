import Diagnostics

/// Collects what is wrong, so that reading goes on and a person sees every problem at once.
final class Problems {
    private(set) var all: [Diagnostic] = []
    private var lines: Set<SourceLocation> = []

    func report(_ message: String, at location: SourceLocation, hint: String? = nil) {
        all.append(Diagnostic(message, at: location, hint: hint))
        lines.insert(location.lineOnly)
    }

    /// Whether a line has a problem already.
    ///
    /// A value that could not be read is replaced by a stand-in; what a later check says about
    /// the stand-in would only hide the real problem.
    func hasProblem(onLineOf location: SourceLocation) -> Bool {
        lines.contains(location.lineOnly)
    }

    /// Takes other problems over, except on lines that have one already.
    func add(followUps: Problems) {
        all += followUps.all.filter { !hasProblem(onLineOf: $0.location) }
    }

    /// Every problem once, in the order of files, lines and columns.
    var sorted: [Diagnostic] {
        Set(all).sorted {
            let (a, b) = ($0.location, $1.location)
            return (a.file, a.line, a.column, $0.message) < (b.file, b.line, b.column, $1.message)
        }
    }
}

extension SourceLocation {
    fileprivate var lineOnly: SourceLocation { SourceLocation(file: file, line: line, column: 1) }
}
