import ArgumentParser

/// `lapidary publish`.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "publish")
}
