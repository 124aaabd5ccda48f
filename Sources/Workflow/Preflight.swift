import Diagnostics

/// Whether this machine can do the work, and what to do where it cannot.
package struct Preflight: Sendable {
    private let context: Context

    package init(context: Context) {
        self.context = context
    }

    /// Everything `doctor` shows.
    package func checks() async -> [Diagnosis.Check] {
        Diagnosis(of: await FactFinder(context: context).facts(withMirror: true)).checks
    }

    /// Fails with the first thing that would stop a build, before any work is done.
    ///
    /// - Throws: `Failure` of kind `environment` with the remedy.
    func require() async throws {
        let facts = await FactFinder(context: context).facts(withMirror: false)
        guard let obstacle = Diagnosis(of: facts).obstacles.first else { return }
        throw Failure(.environment, obstacle.finding, hint: obstacle.remedy)
    }
}
