// swift-tools-version: 6.2
import PackageDescription

/// Every target of the project compiles under the same rules; a warning is an error.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let database = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "lapidary",
    products: [.executable(name: "lapidary", targets: ["lapidary"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    // The order is the reading order of ARCHITECTURE.md: a target may import only what stands
    // in its list, and `make check` builds with the import check on.
    targets: [
        module("Diagnostics"),
        module("Digest", ["Diagnostics", crypto, systemPackage]),
        module("Debian", ["Diagnostics"]),
        module("Recipe", ["Diagnostics", "Digest", yams]),
        module("Lock", ["Diagnostics", "Digest", "Recipe"]),
        module("Planning", ["Diagnostics", "Digest", "Lock", "Recipe"]),
        .target(name: "CLinux"),
        module("HostSystem", ["CLinux", "Diagnostics", "Digest", subprocess, systemPackage]),
        module("Store", ["Diagnostics", "Digest", "HostSystem", systemPackage]),
        module("Sandbox", ["Diagnostics", "HostSystem", systemPackage]),
        module(
            "Provisioning",
            [
                "Debian", "Diagnostics", "Digest", "Lock", "Planning", "Sandbox", "Store",
                "HostSystem", systemPackage,
            ]
        ),
        module("Packaging", ["Debian", "Diagnostics"]),
        module("Evidence", ["Debian", "Diagnostics", "Digest", "Lock", "Planning"]),
        module("AptRepository", ["Debian", "Diagnostics", "Digest", "HostSystem", systemPackage]),
        module(
            "Execution",
            [
                "AptRepository", "Debian", "Diagnostics", "Digest", "Evidence", "Lock", "Packaging",
                "Planning",
                "Provisioning", "Recipe", "Sandbox", "Store", "HostSystem", systemPackage,
            ]),
        module("Statistics"),
        module(
            "Measurement", ["Diagnostics", "Digest", "HostSystem", "Statistics", systemPackage]),
        // The files of its page become part of the program, which has to work without them.
        .target(
            name: "Report",
            dependencies: [
                "Diagnostics", "Digest", "HostSystem", "Measurement", "Statistics", mustache,
                systemPackage,
            ],
            resources: [.embedInCode("Page")], swiftSettings: settings),
        module(
            "Workflow",
            [
                "AptRepository", "Debian", "Diagnostics", "Digest", "Evidence", "Execution", "Lock",
                "Measurement", "Planning",
                "Provisioning", "Recipe", "Report", "Sandbox", "Store", "HostSystem",
                systemPackage,
            ]),
        // C, for the system calls that Swift cannot make.
        module("HeapMap", ["CLinux", "Diagnostics", "HostSystem", systemPackage]),
        module(
            "MeasurementHistory",
            ["Diagnostics", "Digest", "Measurement", database, systemPackage]),
        module("Terminal", ["Diagnostics"]),
        module(
            "LapidaryCLI",
            [
                "Diagnostics", "Digest", "Evidence", "Execution", "HeapMap", "Lock", "Measurement",
                "MeasurementHistory", "Planning", "Recipe", "Report", "Statistics", "Store",
                "HostSystem", "Terminal", "Workflow", argumentParser, systemPackage,
            ]),
        .executableTarget(
            name: "lapidary", dependencies: ["LapidaryCLI"], swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: ["Diagnostics", "HostSystem", systemPackage],
            path: "Tests/TestSupport", swiftSettings: settings),
        tests("DiagnosticsTests", ["Diagnostics"]),
        tests("DebianTests", ["Debian", "Diagnostics", "HostSystem"]),
        tests("RecipeTests", ["Diagnostics", "Digest", "Recipe"]),
        tests("LockTests", ["Diagnostics", "Digest", "Lock", "Recipe"]),
        tests("PlanningTests", ["Diagnostics", "Digest", "Lock", "Planning", "Recipe"]),
        tests("HostSystemTests", ["Diagnostics", "HostSystem", "TestSupport", systemPackage]),
        tests(
            "StoreTests",
            ["Diagnostics", "Digest", "HostSystem", "Store", "TestSupport", systemPackage]),
        tests(
            "SandboxTests", ["Diagnostics", "HostSystem", "Sandbox", "TestSupport", systemPackage]),
        tests(
            "ProvisioningTests",
            [
                "Diagnostics", "Digest", "HostSystem", "Lock", "Planning", "Provisioning", "Store",
                "TestSupport", systemPackage,
            ]),
        tests(
            "PackagingTests", ["Debian", "Diagnostics", "Packaging", "HostSystem", systemPackage]),
        tests(
            "EvidenceTests",
            [
                "AptRepository", "Debian", "Diagnostics", "Digest", "Evidence", "HostSystem",
                "Lock", "Planning", "Store", "TestSupport", "Workflow", systemPackage,
            ]),
        tests(
            "AptRepositoryTests",
            [
                "AptRepository", "Debian", "Diagnostics", "Digest", "HostSystem", "TestSupport",
                systemPackage,
            ]),
        tests(
            "ExecutionTests",
            [
                "Diagnostics", "Digest", "Execution", "HostSystem", "Lock", "Planning",
                "Provisioning",
                "Sandbox", "Store", "TestSupport", "Workflow", systemPackage,
            ]),
        tests(
            "WorkflowTests",
            [
                "Diagnostics", "Digest", "Execution", "HostSystem", "Lock", "Planning",
                "Provisioning", "Recipe",
                "Sandbox", "Store", "TestSupport", "Workflow", "lapidary", systemPackage,
            ]),
        tests(
            "HeapMapTests",
            ["Diagnostics", "HeapMap", "HostSystem", "TestSupport", systemPackage]),
        tests("StatisticsTests", ["Statistics"]),
        tests(
            "MeasurementTests",
            [
                "Diagnostics", "Digest", "HostSystem", "Measurement", "Statistics", "TestSupport",
                systemPackage,
            ]),
        tests(
            "MeasurementHistoryTests",
            [
                "Diagnostics", "HostSystem", "Measurement", "MeasurementHistory", "TestSupport",
                database, systemPackage,
            ]),
        tests(
            "ReportTests",
            [
                "Diagnostics", "Digest", "HostSystem", "Measurement", "Report", "Statistics",
                "TestSupport", systemPackage,
            ]),
        tests("TerminalTests", ["Diagnostics", "Terminal"]),
        tests("CLITests", ["Digest", "HostSystem", "TestSupport", "lapidary", systemPackage]),
        tests(
            "AcceptanceTests", ["Digest", "HostSystem", "lapidary", systemPackage]),
    ]
)
