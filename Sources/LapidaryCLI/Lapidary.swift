package import ArgumentParser
import Planning

/// The command line: one verb for each job.
package struct Lapidary: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lapidary",
        abstract: "Make your own Ruby packages: plain and with tamed memory, tested and signed.",
        discussion: """
            A SELECTION says what to make: SERIES|RELEASE[@VARIANT][:SUITE[/ARCH]], each part a \
            comma list or `all`: 3.3, 3.3.8@trim, 3.3@plain,trim:bookworm. What is left out comes \
            from lapidary.yaml, else from this machine.

            Exit codes: 0 done; 1 a build, test, lint or verify failed; 2 internal error; 3 this machine \
            cannot do it (no sandbox, no mirror, no disk, or the home is busy; no map of a \
            process); 4 a digest did not \
            match, or the lock does not fit; 64 wrong usage or a malformed recipe; 130 and 143 stopped by a signal.
            """,
        version: Builder.version,
        groupedSubcommands: [
            CommandGroup(
                name: "Make",
                subcommands: [BuildCommand.self, SmokeCommand.self, PublishCommand.self]),
            CommandGroup(name: "Pin", subcommands: [PinCommand.self]),
            CommandGroup(
                name: "Look",
                subcommands: [
                    PlanCommand.self, ListCommand.self, ShowCommand.self, LogsCommand.self,
                    ShellCommand.self,
                ]),
            CommandGroup(
                name: "Check",
                subcommands: [VerifyCommand.self, LintCommand.self, DoctorCommand.self]),
            CommandGroup(
                name: "Measure",
                subcommands: [
                    MeasureCommand.self, CompareCommand.self, HistoryCommand.self,
                    HeapMapCommand.self, ReportCommand.self,
                ]),
            CommandGroup(name: "Keep", subcommands: [CacheCommand.self]),
            CommandGroup(name: "Used by other commands", subcommands: [RebuildCommand.self]),
        ])

    package init() {}
}
