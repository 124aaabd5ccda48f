import ArgumentParser
import Diagnostics
import Foundation
import HostSystem
import Lock
import Recipe
import SystemPackage
import Terminal
import Workflow

/// `lapidary pin update`.
struct PinUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Resolve anew, and write the lock.",
        discussion: """
            Without a selection, all that the lock has is moved on; a selection adds what it means, \
            and moves the packages of its suites. A release's revision is raised by one when \
            something that shapes its packages changed.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup var result: ResultOptions
    @Flag(
        help: """
            Move releases only, and look for new ones in upstream's list; packages stay.
            """)
    var ruby = false
    @Flag(help: "Move the Debian packages only; releases keep their sources.")
    var suite = false
    @Flag(help: "Follow changed recipes only: packages and sources that still fit stay.")
    var recipes = false
    @Option(
        help: ArgumentHelp(
            "Raise revisions to those of this published repository, a folder or an address.",
            valueName: "repo"))
    var against: String?
    @Option(
        help: ArgumentHelp("Where --ruby finds upstream's list of releases.", valueName: "url"))
    var index = ReleaseIndex.address
    @Argument(help: "What to pin, such as 3.3@plain,trim:bookworm.")
    var selections: [String] = []

    mutating func validate() throws {
        if [ruby, suite, recipes].count(where: { $0 }) > 1 {
            throw ValidationError("--ruby, --suite and --recipes exclude each other")
        }
    }

    func run() async throws {
        let request = PinRequest(
            selections: try selections.map(Selection.parse),
            part: ruby ? .releases : suite ? .packages : recipes ? .recipes : .everything,
            repository: try against.map(Self.address), index: index)
        let session = try Session(global, work)
        let report = try await session.run { context in
            try await PinWorkflow(context: context).update(request)
        }
        try PinResult(report).print(on: session.console, asJSON: result.json)
    }

    /// The address of a repository; a folder has to be there.
    private static func address(_ place: String) throws -> String {
        if place.contains("://") {
            return place.hasSuffix("/") ? String(place.dropLast()) : place
        }
        let folder = GlobalOptions.absolute(place)
        guard Files.isDirectory(folder) else {
            throw Failure(
                .usage, "there is no repository `\(folder)`",
                hint: "--against takes the folder or the address that `publish` filled")
        }
        let address = URL(filePath: folder.string, directoryHint: .notDirectory).absoluteString
        return address
    }
}
