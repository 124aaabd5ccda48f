import Diagnostics
import Digest
import Foundation
import Mustache

/// The report as one HTML page that needs nothing else.
///
/// Only the page's own scripts and styles run: they are named by their digests in a policy that the
/// browser enforces, so markup that came in with a label could do nothing even if it got through.
package struct Page {
    private let report: Report
    private let library: ChartLibrary
    private let version: String

    /// - Parameters:
    ///   - report: what is shown.
    ///   - library: what draws the charts.
    ///   - version: the version of Lapidary, shown at the end.
    package init(_ report: Report, library: ChartLibrary, version: String) {
        self.report = report
        self.library = library
        self.version = version
    }

    private static let style = text(PackageResources.page_css)
    private static let scripts = [
        PackageResources.base_js, PackageResources.axis_js, PackageResources.charts_js,
        PackageResources.time_js, PackageResources.heap_js, PackageResources.zoom_js,
        PackageResources.page_js,
    ].map(text).joined(separator: "\n")

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The whole page.
    ///
    /// - Throws: `Failure` of kind `internalError` when a template is broken.
    package func html() throws -> String {
        do {
            let templates = MustacheLibrary(templates: [
                "page": try MustacheTemplate(string: Self.text(PackageResources.page_mustache)),
                "table": try MustacheTemplate(string: Self.text(PackageResources.table_mustache)),
                "folded": try MustacheTemplate(string: Self.text(PackageResources.folded_mustache)),
            ])
            guard let page = templates.render(try view(), withTemplate: "page") else {
                throw Failure(.internalError, "the report's page has no template")
            }
            return page
        } catch let error as MustacheTemplate.Error {
            throw Failure(.internalError, "a template of the report is broken: \(error)")
        }
    }

    private func view() throws -> PageView {
        let scripts = "\"use strict\";\n" + Self.scripts
        func source(_ text: String) -> String { "'sha256-\(base64(of: text))'" }
        let policy = [
            "default-src 'none'", "script-src \(source(library.text)) \(source(scripts))",
            "style-src \(source(Self.style))", "base-uri 'none'", "form-action 'none'",
        ]
        return PageView(
            report, policy: policy.joined(separator: "; "), style: Self.style,
            library: library.text, scripts: scripts, data: try PageData(report).text(),
            version: version)
    }

    /// How a content security policy writes the SHA-256 of a script.
    private func base64(of text: String) -> String {
        let digits = Array(SHA256Digest(of: text).hex)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        return Data(bytes).base64EncodedString()
    }
}
