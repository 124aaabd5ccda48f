/// What `lapidary smoke --json` prints, as far as tests ask.
struct SmokeOutput: Decodable {
    /// One package.
    struct Report: Decodable {
        struct Check: Decodable {
            let name: String
            let outcome: String
            let output: String
        }

        let package: String
        let scope: String
        let checks: [Check]
    }

    let reports: [Report]
}
