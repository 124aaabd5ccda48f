import Diagnostics
import Measurement
import Statistics
import SystemPackage
import Testing

@testable import Report

/// What figures come to, before any of it is shown.
@Suite struct FiguresTests {
    @Test func mediansAndFindingsAreThoseOfTheRuns() throws {
        let report = Fixture.report([try Fixture.recording()])
        #expect(report.arms.map(\.label) == ["plain", "trim"])
        let w1 = try #require(report.workloads.first)
        #expect(w1.arms.map(\.settled.median) == [412_500_000, 31_250_000])
        #expect(w1.arms[0].peak?.most == 830_000_000)
        let findings = Findings(report)
        #expect(findings.headline == "trim keeps 31\u{A0}MB, plain 413\u{A0}MB")
        #expect(findings.kept(report.workloads[1]) == "All keep about 19\u{A0}MB after their work")
        #expect(findings.collecting(w1) == "Collecting takes about 10\u{A0}% of the time")
    }

    @Test func aFailedRunIsNotCountedButTold() throws {
        let recording = try Fixture.recording { whole in
            guard var runs = whole["runs"] as? [[String: Any]] else { return }
            runs[0]["ending"] = ["killed": 9]
            whole["runs"] = runs
        }
        let report = Fixture.report([recording])
        #expect(report.workloads[0].arms[0].runs.count == 5)
        #expect(report.workloads[0].failures == ["plain, round 1: ended with signal 9"])
        #expect(report.warnings.contains { $0.hasPrefix("One run did not come to its end") })
        #expect(report.workloads[0].verdicts.map(\.certainty) == [.none])
    }

    @Test func variantsKeepTheirColoursAndOthersGetTheirOwn() throws {
        let arms = ["mimalloc", "ours", "trim", "plain", "theirs"]
        let sizes = ["w1": Dictionary(uniqueKeysWithValues: arms.map { ($0, [10.0]) })]
        let report = Fixture.report([try Fixture.recording(sizes, arms: arms)])
        #expect(report.arms.map(\.slot) == [4, 5, 1, 0, 6])
        #expect(report.arms[report.baseline].label == "plain")
    }

    @Test func oneArmInTwoRecordingsIsOneAndAnotherRubyOfItsNameIsNot() throws {
        let first = try Fixture.recording()
        let other = try Fixture.recording(ruby: "ruby 3.4.5 (2025-07-16) [x86_64-linux]")
        let same = Fixture.report([first, first])
        #expect(same.arms.count == 2)
        #expect(same.workloads[0].arms[0].runs.count == 12)
        let different = Fixture.report([first, other])
        #expect(
            different.arms.map(\.label) == ["plain", "trim", "plain (file1)", "trim (file1)"])
        #expect(Set(different.arms.map(\.slot)).count == 4)
    }

    @Test(arguments: [
        (["3.3.8@plain", "3.3.8@trim"], ["plain", "trim"]),
        (
            ["/a/ruby-3.3.8-plain_1.deb", "/a/ruby-3.3.8-trim_1.deb"],
            ["plain", "trim"]
        ),
        (["ruby-3.1-plain 3.1.2-1", "ruby-3.1-trim 3.1.2-1"], ["plain", "trim"]),
        (["/usr/bin/ruby", "/opt/x/bin/ruby"], ["usr/bin/ruby", "opt/x/bin/ruby"]),
        (["plain", "plain MALLOC_ARENA_MAX=2"], ["plain", "plain MALLOC_ARENA_MAX=2"]),
        (["/opt/x/bin/ruby"], ["ruby"]),
    ])
    func namesAreAsShortAsTheyMayBe(labels: [String], names: [String]) throws {
        let sizes = ["w1": Dictionary(uniqueKeysWithValues: labels.map { ($0, [10.0]) })]
        let report = Fixture.report([try Fixture.recording(sizes, arms: labels)])
        #expect(report.arms.map(\.label) == names)
    }

    @Test func recordingsOfDifferentMachinesAreNamedAsSuch() throws {
        let other = try Fixture.recording { whole in
            var machine = whole["machine"] as? [String: Any] ?? [:]
            machine["kernel"] = "6.12.0"
            whole["machine"] = machine
        }
        let report = Fixture.report([try Fixture.recording(), other])
        #expect(report.warnings.contains { $0.contains("different machines") })
    }

    @Test func verdictsSayHowSureTheyAre() throws {
        func certainty(_ plain: [Double], _ trim: [Double], workloads: Int) throws
            -> Verdict.Certainty?
        {
            let names = (1...workloads).map { "w\($0)" }
            let sizes = Dictionary(
                uniqueKeysWithValues: names.map { ($0, ["plain": plain, "trim": trim]) })
            let report = Fixture.report([try Fixture.recording(sizes)])
            return report.workloads[0].verdict(on: 1)?.certainty
        }
        let five = [100.0, 100.1, 100.2, 100.3, 100.4]
        #expect(try certainty(five, five.map { $0 - 50 }, workloads: 1) == .sure)
        // 2/252 twice is above 0.01.
        #expect(try certainty(five, five.map { $0 - 50 }, workloads: 2) == .seen)
        #expect(try certainty([100, 101], [50, 51], workloads: 1) == .doubtful)
        #expect(try certainty(five, five, workloads: 1) == .same)
    }

    @Test(arguments: [
        ("ruby 3.3.8 (2025-04-09) [x86_64-linux]", "RUBY_GC_HEAP_0_INIT_SLOTS=41300", 5),
        ("ruby 3.4.5 (2025-07-16) +PRISM [x86_64-linux]", "RUBY_GC_HEAP_0_INIT_SLOTS=41300", 5),
        ("ruby 3.1.2p20 (2022-04-12) [x86_64-linux]", "RUBY_GC_HEAP_INIT_SLOTS=80000", 1),
    ])
    func settingsFitTheSeries(ruby: String, setting: String, count: Int) throws {
        let recording = try Fixture.recording(ruby: ruby) { whole in
            guard ruby.contains("3.1.2"), let runs = whole["runs"] as? [[String: Any]] else {
                return
            }
            whole["runs"] = runs.map { $0.filter { $0.key != "gcHeaps" } }
        }
        let workload = Fixture.report([recording]).workloads[0]
        #expect(Tables.settingsLine(of: workload).hasPrefix(setting))
        #expect(workload.arms[0].advice.count == count)
        // 41,234 >> 3 slots are less than Ruby begins with anyway.
        #expect(!Tables.settingsLine(of: workload).contains("HEAP_3_"))
    }

    @Test func nothingIsLostInColumns() throws {
        let samples = [
            MemorySample(t: 0.125, rss: 8192, size: 409_600, shared: 4096),
            MemorySample(t: 10.5, rss: 4096, size: 819_200, shared: 4096, anonymous: 77),
            MemorySample(t: 21.75, rss: 40_960, size: 819_200, shared: 0),
        ]
        for extra in [0, 1] as [Int64] {
            let odd = samples.map {
                MemorySample(
                    t: $0.t, rss: $0.rss + extra, size: $0.size, shared: $0.shared,
                    anonymous: $0.anonymous)
            }
            let columns = SampleColumns(odd)
            #expect(columns.unit == (extra == 0 ? 4096 : 1))
            var rss: Int64 = 0
            let again = zip(columns.t, columns.rss).map { t, more -> [Double] in
                rss += more
                return [t, Double(rss * columns.unit)]
            }
            #expect(again == odd.map { [$0.t, Double($0.rss)] })
            #expect(columns.anonymous == [[1, 77]])
        }
    }

    @Test func aPictureHoldsEveryCellOfItsMap() throws {
        let map = try Fixture.map()
        let picture = try #require(HeapPicture(map))
        #expect(picture.palette == [[9, 9, 0], [9, 4, 0], [9, 0, 9], [9, 0, 0]])
        #expect(picture.arenas[0].extents[0].cells == "A31BC31D")
        #expect(picture.arenas[1].extents[0].cells == "A15BC15D")
    }

    @Test func aMissingLibraryIsOneClearSentence() throws {
        let failure = #expect(throws: Failure.self) {
            try ChartLibrary.read(from: "/nowhere/d3.min.js")
        }
        #expect(failure?.kind == .environment)
        #expect(failure?.message.contains("/nowhere/d3.min.js") == true)
        #expect(failure?.hint?.contains("apt-get install node-d3") == true)
    }
}
