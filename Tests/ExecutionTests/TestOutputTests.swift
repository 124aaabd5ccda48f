import HostSystem
import Planning
import Testing

@testable import Execution

/// Reports of Ruby's test programs, as Ruby 3.3.8 printed them; long ones are shortened.
@Suite struct TestOutputTests {
    private static let bootstrapFailure = """
        Driver is ruby 3.3.8 (2025-04-09 revision b200bad6cd) [x86_64-linux]
        Target is ruby 3.3.8 (2025-04-09 revision b200bad6cd) [x86_64-linux]

        test_attr.rb   
        #1 test_attr.rb:1 F 0.016
        #2 test_attr.rb:27 . 0.015
        #3 test_attr.rb:38 . 0.015

        Finished in 0.06 sec

        #1 test_attr.rb:1: 
             module M
               class A
               end
             end
          #=> "ok" (expected "okk")  [ruby-core:14641]
        FAIL 1/3 tests failed
        make: *** [uncommon.mk:878: yes-btest] Error 1

        """

    @Test func btestThatFailsNamesItsTests() {
        let output = TestOutput(.btest, Self.bootstrapFailure, ending: .exited(2))
        #expect(output.tests == 3)
        #expect(output.failures.map(\.name) == ["test_attr.rb:1"])
        #expect(
            output.failures.first?.message.last
                == "  #=> \"ok\" (expected \"okk\")  [ruby-core:14641]")
    }

    @Test func btestThatPasses() {
        let text = """
            #1880 test_yjit_rust_port.rb:410 . 0.017

            Finished in 49.78 sec

            Fiber count: 10000 (skipping)
            PASS all 1880 tests

            """
        let output = TestOutput(.btest, text, ending: .exited(0))
        #expect(output.tests == 1880)
        #expect(output.failures == [])
    }

    @Test func testBasicThatPasses() {
        let text = """
            /build/ruby/basictest/test.rb:assignment .........OK 9
            /build/ruby/basictest/test.rb:defined? ............OK 12
            /build/ruby/basictest/test.rb:gc ....OK 4

            test succeeded

            """
        let output = TestOutput(.basic, text, ending: .exited(0))
        #expect(output.tests == 25)
        #expect(output.failures == [])
    }

    @Test func testBasicThatFailsNamesItsTests() {
        let text = """
            /build/ruby/basictest/test.rb:assignment F........ 9
            /build/ruby/basictest/test.rb:path .......................OK 23
            /build/ruby/basictest/test.rb:gc ....OK 4

            not ok assignment 1 -- /build/ruby/basictest/test.rb:135:in `<main>'
            not ok/test: 894 failed 1
            test failed
            make: *** [uncommon.mk:904: yes-test-basic] Error 1

            """
        let output = TestOutput(.basic, text, ending: .exited(2))
        #expect(output.tests == 36)
        #expect(output.failures.map(\.name) == ["assignment 1"])
        #expect(
            output.failures.first?.message == ["/build/ruby/basictest/test.rb:135:in `<main>'"])
    }

    private static let unitFailures = """
        Run options: 
          --seed=1

        # Running tests:

        [172/427] TestFileUtils#test_chown_R_without_permission = 0.01 s
        [173/427] TestIO#test_seek = 0.01 s

          1) Failure:
        TestFileUtils#test_chown_R_without_permission [/build/ruby/test/fileutils/test_fileutils.rb:1645]:
        [Errno::EPERM] exception expected, not #<Errno::EINVAL: Invalid argument @ apply2files - tmp/a>.

          2) Error:
        TestIO#test_seek:
        LoadError: cannot load such file -- -test-/file
            /build/ruby/test/ruby/test_io.rb:2269:in `require'

            /build/ruby/test/ruby/test_io.rb:2269:in `can_seek_data'

        Finished tests in 0.955771s, 446.7595 tests/s, 2052.7921 assertions/s.
        427 tests, 1962 assertions, 1 failures, 1 errors, 3 skips

        ruby -v: ruby 3.3.8 (2025-04-09 revision b200bad6cd) [x86_64-linux]
        make: *** [uncommon.mk:945: yes-test-all] Error 2

        """

    @Test func testAllThatFailsNamesItsTests() {
        let output = TestOutput(.all, Self.unitFailures, ending: .exited(2))
        #expect(output.tests == 427)
        #expect(output.skipped == 3)
        #expect(
            output.failures.map(\.name)
                == ["TestFileUtils#test_chown_R_without_permission", "TestIO#test_seek"])
        #expect(
            output.failures.map(\.message.first) == [
                "[Errno::EPERM] exception expected, not"
                    + " #<Errno::EINVAL: Invalid argument @ apply2files - tmp/a>.",
                "LoadError: cannot load such file -- -test-/file",
            ])
        #expect(output.failures.last?.message.count == 3)
    }

    @Test func aFileThatCannotBeLoadedIsAFailure() {
        let text = """
            make[1]: Leaving directory '/build/ruby'
            /build/ruby/test/ruby/test_call.rb: cannot load such file -- -test-/iter
            Run options: 
              -v

            # Running tests:

            [ 1/59] TestSocketAddrinfo#test_addrinfo_udp = 0.00 s
            Finished tests in 0.131753s, 447.8087 tests/s, 4424.9574 assertions/s.
            59 tests, 583 assertions, 0 failures, 0 errors, 0 skips

            """
        let output = TestOutput(.all, text, ending: .exited(2))
        #expect(
            output.failures == [
                .init(
                    name: "ruby/test_call.rb", message: ["cannot load such file -- -test-/iter"])
            ])
        #expect(output.tests == 59)
    }

    @Test(arguments: CheckOperation.Program.Name.allCases)
    func aProgramThatBreaksOffIsAFailure(program: CheckOperation.Program.Name) {
        let text = "[ 1/59] TestGC#test_stat\n[BUG] Segmentation fault at 0x0\n"
        for ending in [CommandResult.Ending.exited(0), .exited(2), .killed(signal: 9)] {
            let output = TestOutput(program, text, ending: ending)
            #expect(output.failures.map(\.name) == ["make \(program.rawValue)"])
            #expect(
                output.failures.first?.message == [
                    "it broke off with \(ending) before its summary",
                    "[ 1/59] TestGC#test_stat", "[BUG] Segmentation fault at 0x0",
                ])
        }
    }

    @Test func aProgramThatFailsWithoutANameIsAFailure() {
        let text = "59 tests, 583 assertions, 0 failures, 0 errors, 0 skips\n"
        #expect(TestOutput(.all, text, ending: .exited(0)).failures == [])
        let output = TestOutput(.all, text, ending: .exited(2))
        #expect(output.failures.map(\.name) == ["make test-all"])
        #expect(
            output.failures.first?.message.first
                == "it ended with exit code 2 and named no test that failed")
    }

    @Test func aFailureThatCannotBeReadIsNotLost() {
        let text = Self.unitFailures.replacing("  2) Error:", with: "  2) Disaster:")
        let output = TestOutput(.all, text, ending: .exited(2))
        #expect(
            output.failures.map(\.name)
                == ["TestFileUtils#test_chown_R_without_permission", "make test-all"])
        #expect(output.failures.last?.message.first == "it counts 2 failures, and names 1")
        let basic = TestOutput(.basic, "not ok/test: 9 failed 1\ntest failed\n", ending: .exited(2))
        #expect(basic.failures.map(\.name) == ["make test-basic"])
        let btest = TestOutput(.btest, "FAIL 1/3 tests failed\n", ending: .exited(2))
        #expect(btest.failures.map(\.name) == ["make btest"])
    }

    @Test func theReportHoldsFailuresAgainstTheRecipe() {
        let operation = CheckOperation(
            release: "3.3.8", variant: "trim", suite: "bookworm", architecture: "amd64",
            preparation: [], environment: [:], programs: [],
            knownFailures: [
                "TestIO#test_seek": "no extension", "TestIO#test_gone": "was so once",
            ], leftOut: ["TestGC#test_wild": "takes the machine down"])
        let report = TestReport(
            operation,
            runs: [
                (TestOutput(.btest, Self.bootstrapFailure, ending: .exited(2)), 1),
                (TestOutput(.all, Self.unitFailures, ending: .exited(2)), 2.5),
            ])
        #expect(report.programs.map(\.name) == ["btest", "test-all"])
        #expect(report.programs.map(\.tests) == [3, 427])
        #expect(report.programs.map(\.seconds) == [1, 2.5])
        #expect(
            report.failures.map(\.name)
                == ["test_attr.rb:1", "TestFileUtils#test_chown_R_without_permission"])
        #expect(
            report.programs[1].known
                == [.init(name: "TestIO#test_seek", reason: "no extension")])
        #expect(report.stale == [.init(name: "TestIO#test_gone", reason: "was so once")])
        #expect(
            report.leftOut == [.init(name: "TestGC#test_wild", reason: "takes the machine down")])
    }
}
