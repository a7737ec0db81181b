-- Payments: one row an order, with its attempts and the effects that follow
-- from its success. Amounts are minor units; times are milliseconds.
CREATE TABLE payments (
    order_id      TEXT NOT NULL PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    user_id       TEXT NOT NULL,
    amount        INTEGER NOT NULL CHECK (amount > 0),
    currency      TEXT NOT NULL,
    state         TEXT NOT NULL,
    intent_id     TEXT,
    intent_number INTEGER NOT NULL,
    review        TEXT,
    lease_owner   TEXT,
    lease_until   INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
    order_id       TEXT NOT NULL REFERENCES payments (order_id),
    number         INTEGER NOT NULL,
    key            TEXT NOT NULL UNIQUE,
    payment_method TEXT NOT NULL,
    state          TEXT NOT NULL,
    code           TEXT,
    message        TEXT,
    submitted_at   INTEGER NOT NULL,
    PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE effects (
    order_id TEXT NOT NULL REFERENCES payments (order_id),
    kind     TEXT NOT NULL,
    state    TEXT NOT NULL,
    PRIMARY KEY (order_id, kind)
) STRICT, WITHOUT ROWID;

-- What somebody must take up when its time has come; 0: nothing.
CREATE INDEX payments_due ON payments (due_at) WHERE due_at > 0;
