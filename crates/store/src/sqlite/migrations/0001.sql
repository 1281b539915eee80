-- Schema 1. Times are milliseconds since 1970 in UTC. Hashes are keyed with a key outside of here.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- What is known about a secret. The row number sorts by arrival.
CREATE TABLE secrets (
    row INTEGER NOT NULL PRIMARY KEY,
    tag BLOB NOT NULL,
    standing INTEGER NOT NULL,          -- 1 waiting, 2 locked, 3 delivering, 4 opened, 5 burned,
                                        -- 6 expired, 7 lost, 8 in quarantine
    ended_at INTEGER,                   -- for standings 4 to 6
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    receipt_until INTEGER NOT NULL,
    lifetime INTEGER NOT NULL,          -- seconds
    views INTEGER NOT NULL,
    views_taken INTEGER NOT NULL,
    failed_limit INTEGER NOT NULL,
    failed_action INTEGER NOT NULL,     -- 1 lock, 2 burn
    failed INTEGER NOT NULL,
    delivery INTEGER NOT NULL,          -- 1 held, 2 strict
    passphrase INTEGER NOT NULL,
    sealed_by INTEGER NOT NULL,         -- 1 sender, 2 server, 3 server, which made it up
    size INTEGER NOT NULL,
    link_proof BLOB NOT NULL,
    proof BLOB NOT NULL,
    receipt BLOB NOT NULL,
    due_at INTEGER NOT NULL             -- when the sweeper comes by
) STRICT;
-- Nobody but the sweeper moves a secret in it: what becomes of one before its time is up costs no index.
CREATE INDEX secrets_due ON secrets (due_at);

-- Sealed payloads, apart from the rows that change often. A NULL body is a file in blobs/.
CREATE TABLE payloads (
    row INTEGER NOT NULL PRIMARY KEY,
    ring INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    owner BLOB,                         -- whose room it takes
    body BLOB
) STRICT;
-- How much room the payloads of one owner take; gone with the last of them.
CREATE TABLE usage (
    owner BLOB NOT NULL PRIMARY KEY,
    bytes INTEGER NOT NULL,
    secrets INTEGER NOT NULL
) STRICT;

-- Whether a key of the ring is in use must be known whatever the number of rows, and so must who uses a
-- slot.
CREATE UNIQUE INDEX payloads_keys ON payloads (ring, slot);
CREATE INDEX payloads_blobs ON payloads (row) WHERE body IS NULL;

CREATE TABLE claims (
    id INTEGER NOT NULL PRIMARY KEY,
    row INTEGER NOT NULL,
    token BLOB NOT NULL,
    taken_at INTEGER NOT NULL,
    lease_ends_at INTEGER NOT NULL,
    outcome INTEGER,                    -- NULL running, 1 confirmed, 2 unconfirmed
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX claims_row_token ON claims (row, token);
CREATE INDEX claims_running ON claims (lease_ends_at) WHERE outcome IS NULL;

-- Wrong passphrases of those who hold the link, by network.
CREATE TABLE attempts (
    row INTEGER NOT NULL,
    network BLOB NOT NULL,
    count INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (row, network)
) STRICT;

CREATE TABLE idempotency_keys (
    hash BLOB NOT NULL PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    row INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_until ON idempotency_keys (until);

-- Envelopes that come in parts: the columns of the secrets that they will be, and what sends them. Their
-- payloads have a row, and a key, from the start.
CREATE TABLE uploads (
    row INTEGER NOT NULL PRIMARY KEY,
    tag BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    receipt_until INTEGER NOT NULL,
    lifetime INTEGER NOT NULL,
    views INTEGER NOT NULL,
    failed_limit INTEGER NOT NULL,
    failed_action INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    passphrase INTEGER NOT NULL,
    sealed_by INTEGER NOT NULL,
    size INTEGER NOT NULL,
    link_proof BLOB NOT NULL,
    proof BLOB NOT NULL,
    receipt BLOB NOT NULL,
    token BLOB NOT NULL,
    until INTEGER NOT NULL              -- from then on it is swept
) STRICT;
CREATE UNIQUE INDEX uploads_token ON uploads (token);
CREATE INDEX uploads_until ON uploads (until);

-- Parts that are safe in their place.
CREATE TABLE upload_parts (
    row INTEGER NOT NULL,
    number INTEGER NOT NULL,            -- the first is 0
    PRIMARY KEY (row, number)
) STRICT;

-- The audit trail. Rows are only ever added.
CREATE TABLE events (
    seq INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    actor_id INTEGER,                   -- which account or key, for those actors
    row INTEGER,                        -- the secret that it is about
    subject INTEGER,                    -- the account, key, organisation or other thing that it is about
    organisation INTEGER,               -- in whose trail it is read
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX events_row ON events (row) WHERE row IS NOT NULL;
CREATE INDEX events_subject ON events (subject) WHERE subject IS NOT NULL;
CREATE INDEX events_organisation ON events (organisation, seq) WHERE organisation IS NOT NULL;

CREATE TABLE jobs (
    id INTEGER NOT NULL PRIMARY KEY,
    task INTEGER NOT NULL,              -- 1 remove blob
    row INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_due ON jobs (due_at);

-- People, and programs that act for them. Numbers are random: they tell neither how many nor since when.
CREATE TABLE accounts (
    id INTEGER NOT NULL PRIMARY KEY,
    email_hash BLOB NOT NULL,           -- of the address as it is compared
    email BLOB NOT NULL,                -- sealed
    role INTEGER NOT NULL,              -- 1 member, 2 administrator
    created_at INTEGER NOT NULL,
    suspended_at INTEGER,
    seen_on INTEGER                     -- the day of the last sign-in or use, as its first millisecond
) STRICT;
CREATE UNIQUE INDEX accounts_email_hash ON accounts (email_hash);

CREATE TABLE api_keys (
    id INTEGER NOT NULL PRIMARY KEY,
    account INTEGER,                     -- whose it is; NULL: the organisation's own
    organisation INTEGER,
    hash BLOB NOT NULL,
    scopes INTEGER NOT NULL,            -- one bit each
    created_at INTEGER NOT NULL,
    expires_at INTEGER,                 -- NULL: never
    revoked_at INTEGER,
    used_on INTEGER,                    -- the day of the last use, as its first millisecond
    label BLOB,                       -- sealed
    networks BLOB,                    -- sealed; NULL: any
    per_minute INTEGER,                 -- requests; NULL: what everybody may
    replaces INTEGER,                   -- the key that it was made for
    reminded_at INTEGER                 -- when its owner was told that it ends
) STRICT;
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE INDEX api_keys_account ON api_keys (account);
CREATE INDEX api_keys_organisation ON api_keys (organisation) WHERE organisation IS NOT NULL;
CREATE INDEX api_keys_expires_at ON api_keys (expires_at) WHERE revoked_at IS NULL;

-- What is known about secrets that belong to somebody; anonymous ones have no row here.
CREATE TABLE owned (
    row INTEGER NOT NULL PRIMARY KEY,
    account INTEGER,                     -- NULL: the organisation's alone
    organisation INTEGER,
    api_key INTEGER,                    -- with which key it was made
    memo BLOB,                          -- sealed
    recipients BLOB,                    -- sealed, and obscured before that
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX owned_account ON owned (account, row);
CREATE INDEX owned_organisation ON owned (organisation, row) WHERE organisation IS NOT NULL;

-- Mails that take links to people. The links are not here: the node that has made one holds it in memory.
CREATE TABLE mails (
    row INTEGER NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL,
    recipient_hash BLOB NOT NULL,
    recipient BLOB NOT NULL,            -- sealed
    state INTEGER NOT NULL,              -- 1 waiting, 2 sent, 3 failed, 4 cancelled
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    node INTEGER NOT NULL,               -- who knows the link
    leased_until INTEGER NOT NULL,       -- until when that one is believed to run
    until INTEGER NOT NULL               -- from then on it is forgotten
) STRICT;
CREATE INDEX mails_account ON mails (account, created_at);
CREATE INDEX mails_recipient ON mails (recipient_hash, created_at);
CREATE INDEX mails_waiting ON mails (leased_until) WHERE state = 1;
CREATE INDEX mails_until ON mails (until);

-- How people sign in: one row for each means of each account.
CREATE TABLE credentials (
    id INTEGER NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL,
    kind INTEGER NOT NULL,              -- 1 password, 2 one-time codes, 3 recovery code, 4 passkey,
                                        -- 5 identity at a provider
    lookup BLOB,                      -- keyed hash of what it is found by
    label BLOB,                       -- sealed
    data BLOB,                        -- sealed
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    counter INTEGER                     -- the last time step, or the counter of a passkey
) STRICT;
CREATE UNIQUE INDEX credentials_lookup ON credentials (kind, lookup) WHERE lookup IS NOT NULL;
CREATE INDEX credentials_account ON credentials (account);

CREATE TABLE sessions (
    id INTEGER NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL,
    hash BLOB NOT NULL,
    stage INTEGER NOT NULL,             -- 1 half: the second factor is missing, 2 whole
    method INTEGER NOT NULL,            -- 1 password, 2 password and code, 3 passkey, 4 mailed link,
                                        -- 5 provider, 6 set-up link, 7 password and passkey, 8 link and code
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    confirmed_at INTEGER,               -- when it was last confirmed who it is
    agent BLOB NOT NULL,              -- sealed
    network BLOB NOT NULL             -- sealed, and reduced before that
) STRICT;
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
CREATE INDEX sessions_account ON sessions (account);
CREATE INDEX sessions_ends_at ON sessions (ends_at);

-- What works once. Taking one deletes it in the same transaction.
CREATE TABLE tickets (
    id INTEGER NOT NULL PRIMARY KEY,
    kind INTEGER NOT NULL,              -- 1 set-up, 2 mailed sign-in link, 3 passkey ceremony,
                                        -- 4 journey to a provider, 5 login of a device,
                                        -- 6 the code that is typed for one
    hash BLOB NOT NULL,
    account INTEGER,
    subject INTEGER,
    data BLOB,                        -- sealed
    created_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    attempts INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX tickets_hash ON tickets (kind, hash);
CREATE INDEX tickets_account ON tickets (account, kind) WHERE account IS NOT NULL;
CREATE INDEX tickets_until ON tickets (until);

CREATE TABLE organisations (
    id INTEGER NOT NULL PRIMARY KEY,
    name BLOB NOT NULL,               -- sealed
    created_at INTEGER NOT NULL,
    second_factor INTEGER NOT NULL      -- 1: members must have one
) STRICT;
CREATE TABLE members (
    organisation INTEGER NOT NULL,
    account INTEGER NOT NULL,
    role INTEGER NOT NULL,              -- 1 owner, 2 administrator, 3 member, 4 auditor
    since INTEGER NOT NULL,
    PRIMARY KEY (organisation, account)
) STRICT;
CREATE INDEX members_account ON members (account);
CREATE TABLE invitations (
    id INTEGER NOT NULL PRIMARY KEY,
    organisation INTEGER NOT NULL,
    email_hash BLOB NOT NULL,
    email BLOB NOT NULL,              -- sealed
    role INTEGER NOT NULL,
    hash BLOB,                        -- of the token that was mailed last
    invited_by INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX invitations_address ON invitations (organisation, email_hash);
CREATE UNIQUE INDEX invitations_hash ON invitations (hash) WHERE hash IS NOT NULL;
CREATE INDEX invitations_until ON invitations (until);

-- Where people sign in with an identity that they have elsewhere.
CREATE TABLE providers (
    id INTEGER NOT NULL PRIMARY KEY,
    organisation INTEGER,               -- NULL: the whole instance's
    label BLOB NOT NULL,              -- sealed
    data BLOB NOT NULL,               -- sealed
    created_at INTEGER NOT NULL
) STRICT;

-- Mails that are no links to secrets. One that carries a token gets it when it is sent.
CREATE TABLE letters (
    id INTEGER NOT NULL PRIMARY KEY,
    kind INTEGER NOT NULL,
    account INTEGER,
    subject INTEGER,
    recipient_hash BLOB NOT NULL,
    recipient BLOB NOT NULL,          -- sealed
    data BLOB,                        -- sealed
    state INTEGER NOT NULL,             -- 1 waiting, 2 dead
    attempts INTEGER NOT NULL,
    cause INTEGER,                      -- why the last attempt failed
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    until INTEGER NOT NULL              -- from then on it is not sent any more
) STRICT;
CREATE INDEX letters_due ON letters (due_at) WHERE state = 1;
CREATE INDEX letters_recipient ON letters (recipient_hash, created_at);
CREATE INDEX letters_account ON letters (account, created_at) WHERE account IS NOT NULL;

-- Switches of the instance.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
