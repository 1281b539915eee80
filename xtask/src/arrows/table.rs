//! The arrows as data: the rooms, what each knows, and which of other people's crates belong where.

use std::collections::BTreeSet;

/// The room that only tests enter.
pub(super) const TESTKIT: &str = "sigill-testkit";

/// What the program knows, and so what a test may know.
const EVERY_ROOM: [&str; 8] = [
    "sigill-http",
    "sigill-outside",
    "sigill-client",
    "sigill-service",
    "sigill-store",
    "sigill-wire",
    "sigill-domain",
    "sigill-envelope",
];

/// A member of the workspace.
pub(super) struct Room {
    /// Its package.
    pub(super) name: &'static str,
    /// The rooms that it may depend on.
    pub(super) knows: &'static [&'static str],
    /// No I/O, no clock, no serialisation, and no crate beside those in [`PURE`].
    pub(super) pure: bool,
}

/// Every member of the workspace.
pub(super) const ROOMS: [Room; 12] = [
    Room { name: "sigill-envelope", knows: &[], pure: true },
    Room { name: "sigill-domain", knows: &["sigill-envelope"], pure: true },
    Room { name: "sigill-wire", knows: &["sigill-domain", "sigill-envelope"], pure: false },
    Room { name: "sigill-store", knows: &["sigill-domain", "sigill-envelope"], pure: false },
    Room {
        name: "sigill-service",
        knows: &["sigill-store", "sigill-domain", "sigill-envelope"],
        pure: false,
    },
    Room {
        name: "sigill-outside",
        knows: &["sigill-service", "sigill-domain", "sigill-envelope"],
        pure: false,
    },
    Room {
        name: "sigill-http",
        knows: &["sigill-service", "sigill-wire", "sigill-domain", "sigill-envelope"],
        pure: false,
    },
    Room { name: "sigill-client", knows: &["sigill-wire", "sigill-envelope"], pure: false },
    Room { name: "sigill", knows: &EVERY_ROOM, pure: false },
    Room { name: TESTKIT, knows: &EVERY_ROOM, pure: false },
    Room {
        name: "sigill-bench",
        // It fills stores without asking the program, and what the program makes of them is measured.
        knows: &[
            "sigill-client",
            "sigill-wire",
            "sigill-store",
            "sigill-domain",
            "sigill-envelope",
        ],
        pure: false,
    },
    Room { name: "xtask", knows: &[], pure: false },
];

/// What the pure rooms may take.
pub(super) const PURE: [&str; 7] =
    ["argon2", "aws-lc-rs", "ipnet", "subtle", "thiserror", "unicode-normalization", "zeroize"];

const READERS: &[&str] = &[
    "sigill-wire",
    "sigill-service",
    "sigill-http",
    "sigill-client",
    // Providers of identities speak it.
    "sigill-outside",
    "sigill",
    TESTKIT,
    "sigill-bench",
    "xtask",
];
const SERVERS: &[&str] = &["sigill-http", "sigill-bench"];
const CALLERS: &[&str] = &["sigill-client", "sigill-outside", TESTKIT];
const PROGRAM: &[&str] = &["sigill"];

/// Other people's crates that belong in certain rooms and nowhere else.
pub(super) const GUESTS: [(&str, &[&str]); 29] = [
    // SQL stays where things are kept.
    ("rusqlite", &["sigill-store"]),
    // JSON stays where things are said, but for what the judge of passkeys remembers.
    ("serde", READERS),
    ("serde_json", READERS),
    // It judges what authenticators say, and reaches nothing.
    ("webauthn-rs", &["sigill-service"]),
    ("serde_path_to_error", &["sigill-wire"]),
    ("utoipa", &["sigill-wire", "sigill-http"]),
    // HTTP is answered in one room and asked in another.
    ("axum", SERVERS),
    ("hyper", SERVERS),
    ("hyper-util", SERVERS),
    ("tower", SERVERS),
    ("tower-http", SERVERS),
    ("multer", &["sigill-http"]),
    ("reqwest", CALLERS),
    // Mail leaves through one door, and so does whoever asks a provider of identities.
    ("lettre", &["sigill-outside"]),
    ("openidconnect", &["sigill-outside"]),
    ("chrono", &["sigill-outside"]),
    // Pages and their texts.
    ("maud", &["sigill-http"]),
    ("fluent-bundle", &["sigill-http"]),
    ("unic-langid", &["sigill-http"]),
    // The terminal, the configuration and the process.
    ("clap", PROGRAM),
    ("clap_complete", PROGRAM),
    ("indicatif", PROGRAM),
    ("mimalloc", PROGRAM),
    ("qrcode", PROGRAM),
    ("rpassword", PROGRAM),
    ("toml", PROGRAM),
    ("tracing-subscriber", PROGRAM),
    // Whoever stretches a passphrase asks the envelope: on a server, within bounds (service/hashing.rs).
    ("argon2", &["sigill-envelope", TESTKIT]),
    // Passphrases, and addresses of people.
    ("unicode-normalization", &["sigill-domain", "sigill-envelope"]),
];

/// The room with this package.
pub(super) fn room(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

/// Every room below `room`.
pub(super) fn below(room: &Room) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut open = room.knows.to_vec();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(self::room(name).map_or(&[][..], |next| next.knows));
        }
    }
    found
}
