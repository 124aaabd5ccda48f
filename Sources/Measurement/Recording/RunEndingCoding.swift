extension RunEnding: Codable {
    private enum CodingKeys: String, CodingKey {
        case exited, killed, timedOut
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let code = try container.decodeIfPresent(Int.self, forKey: .exited) {
            self = .exited(code)
        } else if let signal = try container.decodeIfPresent(Int.self, forKey: .killed) {
            self = .killed(signal: signal)
        } else {
            self = .timedOut(seconds: try container.decode(Double.self, forKey: .timedOut))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .exited(let code): try container.encode(code, forKey: .exited)
        case .killed(let signal): try container.encode(signal, forKey: .killed)
        case .timedOut(let seconds): try container.encode(seconds, forKey: .timedOut)
        }
    }
}

extension RunEnding: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .killed(let signal): "signal \(signal)"
        case .timedOut(let seconds): "being stopped after \(seconds) s"
        }
    }
}
