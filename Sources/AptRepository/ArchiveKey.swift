package import Debian
import Diagnostics

/// The key that signs a repository.
package struct ArchiveKey: Sendable, Hashable {
    /// 40 uppercase hexadecimal digits.
    package let fingerprint: String
    /// `Name <mail address>`, as GnuPG lists it.
    package let userID: String
    package let created: UTCDate
    /// When clients stop to trust it; nil for never.
    package let expires: UTCDate?

    /// How many days before its expiry people are told.
    package static let warningDays = 60

    /// Whole days until it expires, 0 on the last one; nil when it never does.
    package func daysLeft(at now: UTCDate) -> Int? {
        expires.map { max(0, ($0.seconds - now.seconds) / 86_400) }
    }

    /// What to tell people when the key expires soon; nil when there is time.
    package func warning(at now: UTCDate) -> String? {
        guard let expires, let days = daysLeft(at: now), days < Self.warningDays else { return nil }
        return "the signing key \(fingerprint) expires on \(expires.day), in "
            + (days == 1 ? "1 day" : "\(days) days")
            + "; extend it with `gpg --quick-set-expire \(fingerprint) 3y` and publish again"
    }

    /// Refuses an expired key, with which clients would refuse the repository.
    ///
    /// - Throws: `Failure` of kind `environment`.
    package func checkUsable(at now: UTCDate) throws {
        guard let expires, expires <= now else { return }
        throw Failure(
            .environment, "the signing key \(fingerprint) expired on \(expires.day)",
            hint: "extend it with `gpg --quick-set-expire \(fingerprint) 3y` in its GnuPG home; "
                + "clients need the new keyring file, too")
    }
}

extension ArchiveKey {
    /// Reads the keys that can sign from `gpg --with-colons --list-secret-keys`.
    ///
    /// Field numbers are those of GnuPG's `doc/DETAILS`: 2 validity, 6 creation and 7 expiry in
    /// seconds, 10 the fingerprint or user ID, 12 capabilities (lower case: of this very key).
    static func parse(colons text: String) -> [ArchiveKey] {
        var keys: [ArchiveKey] = []
        var primary: [Substring]?
        var fingerprint: String?
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count > 11 || fields.first == "fpr" || fields.first == "uid" else {
                continue
            }
            switch fields[0] {
            case "sec":
                let signs = fields[11].contains("s") && fields[1] != "r" && fields[1] != "d"
                primary = signs ? fields : nil
                fingerprint = nil
            case "ssb":
                // From here on, fingerprints are those of subkeys.
                primary = nil
            case "fpr" where fields.count > 9 && fingerprint == nil:
                fingerprint = String(fields[9])
            case "uid" where fields.count > 9:
                guard let sec = primary, let known = fingerprint, let made = Int(sec[5]) else {
                    continue
                }
                keys.append(
                    ArchiveKey(
                        fingerprint: known, userID: String(fields[9]),
                        created: UTCDate(seconds: made),
                        expires: Int(sec[6]).map { UTCDate(seconds: $0) }))
                // One entry a key: the first user ID is the primary one.
                primary = nil
            default: continue
            }
        }
        return keys
    }

    /// The key to sign with: the newest of this user ID, one that has not expired before others.
    ///
    /// A key of another name does when it is the only one, for a company may bring its own.
    ///
    /// - Throws: `Failure` of kind `usage` when there are several and none has the user ID.
    static func choose(from keys: [ArchiveKey], userID: String, at now: UTCDate) throws
        -> ArchiveKey?
    {
        let named = keys.filter { $0.userID == userID }.sorted { $0.created > $1.created }
        if let key = named.first(where: { $0.expires.map { $0 > now } ?? true }) ?? named.first {
            return key
        }
        guard keys.count > 1 else { return keys.first }
        throw Failure(
            .usage, "the GnuPG home has no signing key of `\(userID)`",
            details: keys.map { "\($0.fingerprint) \($0.userID)" },
            hint: "name one of the user IDs above")
    }
}
