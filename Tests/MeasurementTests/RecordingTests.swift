import Foundation
import Measurement
import Testing

@Suite struct RecordingTests {
    @Test(arguments: [
        (RunEnding.exited(0), #"{"exited":0}"#), (.killed(signal: 9), #"{"killed":9}"#),
        (.timedOut(seconds: 2.5), #"{"timedOut":2.5}"#),
    ])
    func endingsHaveOneMemberEach(ending: RunEnding, text: String) throws {
        #expect(String(decoding: try JSONEncoder().encode(ending), as: UTF8.self) == text)
        #expect(try JSONDecoder().decode(RunEnding.self, from: Data(text.utf8)) == ending)
    }

    @Test func anyJSONComesBackAsItWas() throws {
        let text = #"{"a":[1,2.5,null,true,"x"],"b":{"c":9007199254740993}}"#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(value), as: UTF8.self) == text)
        #expect(value["b"]?["c"]?.integer == 9_007_199_254_740_993)
    }
}
