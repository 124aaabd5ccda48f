import Diagnostics
import Digest
import Testing

@testable import Planning

/// Part of the checks, or another .deb: what the plan becomes.
@Suite struct SmokeRequestTests {
    private static let trim = ActionID("smoke ruby-3.3.8-trim bookworm/amd64")

    private func operation(_ plan: Plan, _ id: ActionID = trim) throws -> SmokeOperation {
        let action = try #require(plan.actions.first { $0.id == id })
        guard case .smoke(let operation) = action.operation else {
            throw Failure(.internalError, "\(id) is no smoke action")
        }
        return operation
    }

    private func deb(
        package: String = "lapidary-ruby-3.3.8-trim", version: String = "3.3.8-1+deb12",
        architecture: String = "amd64", prefixes: [String] = ["/opt/rubies/ruby-3.3.8-trim"]
    ) -> SmokeRequest {
        SmokeRequest(
            only: nil,
            deb: SmokeRequest.Deb(
                file: "/x.deb", sha256: SHA256Digest(of: "other bytes"), package: package,
                version: version, architecture: architecture, prefixes: prefixes))
    }

    @Test func nothingAskedForChangesNothing() throws {
        let plan = try PlanFixture().plan()
        #expect(try SmokeRequest(only: nil, deb: nil).applied(to: plan) == plan)
        #expect(try operation(plan).scope == .whole)
    }

    @Test func someChecksAreNeverTheWholeTrial() throws {
        let plan = try PlanFixture().plan()
        let part = try SmokeRequest(only: ["zlib", "yaml"], deb: nil).applied(to: plan)
        // Nothing is tried of debug symbols, nor told of a package.
        let wanted = plan.actions.map(\.id).filter { id in
            !["dbgsym ", "evidence "].contains { "\(id)".hasPrefix($0) }
        }
        #expect(part.actions.map(\.id) == wanted)
        let operation = try operation(part)
        #expect(operation.scope == .part)
        // In the recipe's order, after what installs the package.
        #expect(operation.checks.map(\.name) == ["install", "yaml", "zlib"])
        let keys = try [plan, part].map { plan in
            try plan.actions.first { $0.id == Self.trim }?.key(resolved: [:])
        }
        #expect(keys[0] != keys[1])
    }

    @Test func everyCheckByNameIsStillNoWholeTrial() throws {
        let plan = try PlanFixture().plan()
        let names = try operation(plan).checks.map(\.name)
        let part = try SmokeRequest(only: names, deb: nil).applied(to: plan)
        #expect(try operation(part).checks == operation(plan).checks)
        #expect(try operation(part).scope == .part)
    }

    @Test func aCheckThatIsNotMadeOfThePackageIsRefused() throws {
        let plan = try PlanFixture().plan()
        let failure = #expect(throws: Failure.self) {
            try SmokeRequest(only: ["nothing"], deb: nil).applied(to: plan)
        }
        #expect(failure?.kind == .usage)
        #expect(failure?.message.hasPrefix("`nothing` is not tried of lapidary-ruby-") == true)
    }

    @Test func anotherDebTakesThePlaceOfTheBuild() throws {
        let plan = try deb().applied(to: PlanFixture().plan())
        #expect(!plan.actions.contains { $0.id.description.hasPrefix("compile ") })
        #expect(!plan.actions.contains { $0.id.description.hasPrefix("package ") })
        #expect(plan.actions.contains { $0.id.description.hasPrefix("root bare ") })
        #expect(plan.actions.filter(\.isSmoke).map(\.id) == [Self.trim])
        #expect(try operation(plan).scope == .foreign)
        let action = try #require(plan.actions.first { $0.id == Self.trim })
        #expect(action.inputs["deb"] == .blob(SHA256Digest(of: "other bytes")))
    }

    @Test func aDebOfAnotherPackageIsRefusedWithTheDifference() throws {
        let plan = try PlanFixture().plan()
        let cases: [(SmokeRequest, [String])] = [
            (
                deb(package: "ruby", version: "1", architecture: "all", prefixes: []),
                [
                    "package: ruby instead of lapidary-ruby-3.3.8-plain",
                    "version: 1 instead of 3.3.8-1+deb12", "architecture: all instead of amd64",
                    "prefix: none instead of /opt/rubies/ruby-3.3.8-plain",
                ]
            ),
            (
                deb(version: "3.3.8-2+deb12"), ["version: 3.3.8-2+deb12 instead of 3.3.8-1+deb12"]
            ),
            (
                deb(prefixes: ["/usr", "/opt/x"]),
                ["prefix: /usr, /opt/x instead of /opt/rubies/ruby-3.3.8-trim"]
            ),
        ]
        for (request, details) in cases {
            let failure = #expect(throws: Failure.self) { try request.applied(to: plan) }
            #expect(failure?.kind == .usage)
            #expect(failure?.details == details)
        }
    }
}
