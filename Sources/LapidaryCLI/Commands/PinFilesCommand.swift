import ArgumentParser
import Digest
import Terminal
import Workflow

/// `lapidary pin files`.
struct PinFilesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files", abstract: "List every file that the lock needs, with its digest.",
        discussion: """
            The places are those in a home. For a machine without network, `lapidary cache export` \
            packs what a build needs, and `lapidary cache import` takes it there; every file is \
            checked by its digest when it is used.
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup var result: ResultOptions
    @Flag(help: "List only what this home does not have.")
    var missing = false

    private struct File: Encodable {
        let name: String
        let sha256: String
        /// Bytes.
        let size: Int64
        let stored: Bool
        let place: String
    }

    private struct Result: Encodable {
        let schema = JSONOutput.schema
        let files: [File]
    }

    func run() async throws {
        let session = try Session(global, work)
        let all = try PinnedFiles(context: session.context).list()
        let files = missing ? all.filter { !$0.isStored } : all
        let console = session.console
        if result.json {
            let list = files.map {
                File(
                    name: $0.name, sha256: $0.sha256.hex, size: $0.size, stored: $0.isStored,
                    place: $0.place)
            }
            return console.output(try JSONOutput.text(Result(files: list)))
        }
        for file in files { console.output("\(file.sha256)  \(file.place)  \(file.name)") }
        let bytes = Readable.bytes(files.reduce(0) { $0 + $1.size })
        console.message(
            "\(files.count) file\(files.count == 1 ? "" : "s"), \(bytes); this home has"
                + " \(files.count(where: \.isStored)) of them")
    }
}
