import Diagnostics

/// Collects what is wrong, so that reading goes on and a person sees every problem at once.
final class Problems {
    private(set) var all: [Diagnostic] = []
    private var spoilt: Set<SourceLocation> = []

    func report(_ message: String, at location: SourceLocation, hint: String? = nil) {
        all.append(Diagnostic(message, at: location, hint: hint))
        spoilt.insert(location)
    }

    /// Notes that the value of the key at a place could not be read.
    ///
    /// It is replaced by a stand-in; what a later check says about the stand-in would only hide
    /// the real problem, which stands at the value.
    func spoil(_ location: SourceLocation) { spoilt.insert(location) }

    /// Whether a problem stands at this very place, or the value of the key there is a stand-in.
    func isSpoilt(_ location: SourceLocation) -> Bool { spoilt.contains(location) }

    /// Takes the problems over that later checks found, except at spoilt places.
    func add(followUps: Problems) {
        all += followUps.all.filter { !isSpoilt($0.location) }
    }

    /// Every problem once, in the order of files, lines and columns.
    var sorted: [Diagnostic] {
        Set(all).sorted {
            let (a, b) = ($0.location, $1.location)
            return (a.file, a.line, a.column, $0.message) < (b.file, b.line, b.column, $1.message)
        }
    }
}
