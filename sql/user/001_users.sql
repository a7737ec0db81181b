-- Accounts. Times are milliseconds. email is as its owner wrote it; email_key
-- is what makes it unique (lib/user/user_email.h).
CREATE TABLE users (
    id            TEXT NOT NULL PRIMARY KEY,
    username      TEXT NOT NULL,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('customer', 'admin')),
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Logins that failed, by address, known or unknown; a row counts until the
-- moment that it names.
CREATE TABLE login_failures (
    email_key TEXT NOT NULL PRIMARY KEY,
    count     INTEGER NOT NULL,
    until     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- For throwing away what no longer counts.
CREATE INDEX login_failures_until ON login_failures (until);
