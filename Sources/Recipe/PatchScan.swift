import Diagnostics

/// Reads a patch as patch(1) will, and records what it has no business to do.
///
/// Only unified diffs of plain files below the tree are accepted. patch(1) looks for diffs of
/// other kinds too, also indented ones, and in what a person takes for the description; so what
/// only looks like one is refused as well. The sandbox holds whatever gets past this.
struct PatchScan {
    private let patch: ProjectFile
    private let problems: Problems
    /// Lines of the current hunk that are still to come, of the old and of the new file.
    private var left = (old: 0, new: 0)

    /// Records every problem of a patch.
    static func check(_ patch: ProjectFile, _ problems: Problems) {
        var scan = PatchScan(patch: patch, problems: problems)
        for (index, line) in patch.lines.enumerated() { scan.read(line, number: index + 1) }
        if scan.isInHunk { scan.report("the last hunk is cut short", patch.lines.count) }
    }

    private init(patch: ProjectFile, problems: Problems) {
        self.patch = patch
        self.problems = problems
    }

    private var isInHunk: Bool { left.old > 0 || left.new > 0 }

    private mutating func read(_ line: String, number: Int) {
        guard isInHunk else {
            readOutside(line, number)
            return
        }
        switch line.first {
        case " ", "\t", nil: left = (left.old - 1, left.new - 1)
        case "-": left.old -= 1
        case "+": left.new -= 1
        // What says that the line before has no end.
        case "\\": break
        default:
            report("a hunk is cut short here", number)
            left = (0, 0)
            readOutside(line, number)
            return
        }
        if left.old < 0 || left.new < 0 {
            report("a hunk is longer here than its header says", number)
            left = (0, 0)
        }
    }

    private mutating func readOutside(_ line: String, _ number: Int) {
        if line.hasPrefix("@@"),
            let hunk = line.prefixMatch(of: /@@ -[0-9]+(?:,([0-9]+))? \+[0-9]+(?:,([0-9]+))? @@/)
        {
            left = (Self.count(hunk.1), Self.count(hunk.2))
            return
        }
        for start in ["--- ", "+++ ", "Index: "] where line.hasPrefix(start) {
            check(name: line.dropFirst(start.count), isStripped: true, number)
            return
        }
        if line.hasPrefix("diff ") {
            for name in line.split(separator: " ").dropFirst() where !name.hasPrefix("-") {
                check(name: name, isStripped: false, number)
            }
            return
        }
        for start in ["rename from ", "rename to ", "copy from ", "copy to "]
        where line.hasPrefix(start) {
            check(name: line.dropFirst(start.count), isStripped: false, number)
            return
        }
        checkMode(line, number)
        checkKind(line, number)
    }

    private static func count(_ digits: Substring?) -> Int {
        // Without a count it is one line; a number that is none is longer than any file.
        digits.map { Int($0) ?? .max } ?? 1
    }

    /// Checks the name of a file, which a tab or the line's end closes.
    private func check(name text: Substring, isStripped: Bool, _ number: Int) {
        let name = text.prefix { $0 != "\t" }
        guard name != "/dev/null", !name.isEmpty else { return }
        let shown = "`\(name.prefix(200))`"
        // patch(1) may end a name at a blank, so that each piece counts.
        let parts = name.split { $0 == "/" || $0 == " " }
        if name.hasPrefix("\"") {
            report("the quoted file name \(shown) is not accepted", number)
        } else if name.hasPrefix("/") || name.contains(" /") || name.contains("//") {
            report("\(shown) is an absolute file name", number)
        } else if parts.contains("..") {
            report("\(shown) leads out of the tree", number)
        } else if isStripped, !name.contains("/") {
            report(
                "\(shown) has no folder in front, which is stripped", number,
                hint: "make the patch with -p1")
        }
    }

    /// Plain files alone may come and go: no links (120000), no submodules, no odd bits.
    private func checkMode(_ line: String, _ number: Int) {
        let pattern = /(?:old mode|new mode|new file mode|deleted file mode|index \S+) ([0-7]+)\s*/
        // Most lines need no closer look.
        guard line.contains("mode ") || line.hasPrefix("index "),
            let mode = line.wholeMatch(of: pattern)?.1, !["100644", "100755"].contains(mode)
        else { return }
        let what = mode == "120000" ? "a symbolic link" : "a file of mode \(mode)"
        report("the patch makes or changes \(what); only plain files are accepted", number)
    }

    private func checkKind(_ line: String, _ number: Int) {
        let hint = "make it with `diff -u` or `git diff`"
        if line.hasPrefix("*** ") || line.hasPrefix("***************") {
            report("context diffs are not accepted", number, hint: hint)
        } else if line.hasPrefix("GIT binary patch") || line.hasPrefix("Binary files ") {
            report("binary diffs are not accepted, since patch(1) cannot apply them", number)
        } else if line.first?.isASCIIDigit == true,
            line.wholeMatch(of: /[0-9]+(?:,[0-9]+)?[acdis](?:[0-9]+(?:,[0-9]+)?)?/) != nil
        {
            report("ed scripts and normal diffs are not accepted", number, hint: hint)
        } else {
            let rest = line.drop { $0.isWhitespace || $0 == "X" }
            let starts = ["--- ", "+++ ", "*** ", "@@ -", "Index: ", "diff --git "]
            guard rest.startIndex > line.startIndex, starts.contains(where: rest.hasPrefix) else {
                return
            }
            report("this looks like an indented diff, which patch(1) would apply", number)
        }
    }

    private func report(_ message: String, _ line: Int, hint: String? = nil) {
        problems.report(
            message, at: SourceLocation(file: patch.path, line: line, column: 1), hint: hint)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
