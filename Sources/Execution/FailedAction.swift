import Diagnostics
package import Digest
package import Foundation
package import Sandbox
package import Store
import SystemPackage

/// What the home knows of an action that failed.
package struct FailedAction: Sendable, Hashable, Codable {
    /// The step that failed.
    package struct Step: Sendable, Hashable, Codable {
        package let title: String
        /// The program and all it saw.
        let sandbox: RecordedSandbox

        /// The sandbox of the step, with the paths of this home.
        ///
        /// - Throws: `Failure` of kind `internalError` for a record that no version wrote.
        package func spec(in home: Home) throws -> SandboxSpec { try sandbox.spec(in: home) }
    }

    /// Raised when a field changes its meaning.
    package let schema: Int
    package let action: String
    package let key: SHA256Digest
    package let when: Date
    /// Wall-clock seconds until it failed.
    package let seconds: Double
    package let message: String
    /// Nil for an action that fails outside of a sandboxed step.
    package let step: Step?

    init(
        action: String, key: SHA256Digest, when: Date, seconds: Double, message: String,
        step: Step?
    ) {
        schema = 1
        self.action = action
        self.key = key
        self.when = when
        self.seconds = seconds
        self.message = message
        self.step = step
    }
}

/// A failure with the folder of the step that failed, which somebody has to keep or remove.
struct StepFailure: Error {
    let failure: Failure
    let title: String
    let spec: SandboxSpec
    /// A folder in the home's temporary one; the step's binds lead into it.
    let workspace: FilePath
}
