import ArgumentParser

/// `lapidary pin`.
struct PinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Pin what is built, by digest, in lapidary.lock.",
        discussion: """
            The lock names the exact source of each release and every Debian package of the roots, \
            with their digests, and what recipes said when they were pinned. Commit it: the same \
            recipes and the same lock give the same packages, on every machine.
            """,
        subcommands: [
            PinUpdateCommand.self, PinCheckCommand.self, PinDiffCommand.self, PinFilesCommand.self,
        ])
}
