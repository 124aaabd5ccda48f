import Foundation
import HostSystem
import Measurement
import SystemPackage
import TestSupport

@testable import Report

/// Reports of figures chosen by a test.
enum Fixture {
    static let usual: [String: [String: [Double]]] = [
        "w1": [
            "plain": [410, 411, 412, 413, 414, 415], "trim": [30, 30.5, 31, 31.5, 32, 32.5],
        ],
        "w6": ["plain": [19, 19.1, 19.2], "trim": [19, 19.1, 19.3]],
    ]

    static func recording(
        _ settled: [String: [String: [Double]]] = usual, arms: [String] = ["plain", "trim"],
        ruby: String = "ruby 3.3.8 (2025-04-09) [x86_64-linux]",
        change: (inout [String: Any]) -> Void = { _ in }
    ) throws -> Recording {
        try JSONDecoder().decode(
            Recording.self,
            from: MeasuredFiles.recording(settled, arms: arms, ruby: ruby, change: change))
    }

    static func map(_ label: String = "before") throws -> ReportInput.Map {
        ReportInput.Map(
            label: label,
            file: try JSONDecoder().decode(HeapMapFile.self, from: MeasuredFiles.heapMap()))
    }

    static func report(
        _ recordings: [Recording], maps: [ReportInput.Map] = [], gate: [GateVerdict] = [],
        title: String? = nil
    ) -> Report {
        let sources = recordings.enumerated().map {
            ReportInput.Source(name: "file\($0)", recording: $1)
        }
        return Report(of: ReportInput(sources: sources, maps: maps, gate: gate), title: title)
    }

    static func html(_ report: Report) throws -> String {
        try Page(report, library: ChartLibrary.read(), version: "0.1").html()
    }
}
