extension Downloader {
    /// How patient a download is, and when it gives up.
    package struct Limits: Sendable, Hashable {
        /// Seconds until a connection must stand, TLS included.
        package var connectSeconds: Int
        /// A transfer slower than this, in bytes a second, for `stallSeconds` has stalled.
        package var stallSpeed: Int
        package var stallSeconds: Int
        /// Seconds for one file over all its addresses, pauses included.
        package var totalSeconds: Int
        /// How often one address is tried while its failures may pass.
        package var attempts: Int
        /// The pause after the first failure; each further one is twice as long.
        package var firstPause: Duration
        /// The longest pause; a server that asks for more (Retry-After) is given up.
        package var longestPause: Duration
        package var redirects: Int
        /// How often progress is told.
        package var progressInterval: Duration

        package init(
            connectSeconds: Int = 20, stallSpeed: Int = 1024, stallSeconds: Int = 30,
            totalSeconds: Int = 3600, attempts: Int = 5, firstPause: Duration = .seconds(1),
            longestPause: Duration = .seconds(60), redirects: Int = 5,
            progressInterval: Duration = .seconds(1)
        ) {
            self.connectSeconds = connectSeconds
            self.stallSpeed = stallSpeed
            self.stallSeconds = stallSeconds
            self.totalSeconds = totalSeconds
            self.attempts = attempts
            self.firstPause = firstPause
            self.longestPause = longestPause
            self.redirects = redirects
            self.progressInterval = progressInterval
        }

        /// The pause after the given number of failures, from 1.
        func pause(after failures: Int) -> Duration {
            // Doubled 30 times, any pause is longer than the longest.
            min(firstPause * (1 << min(failures - 1, 30)), longestPause)
        }
    }
}
