-- What Stripe has told by webhook, kept under Stripe's own id: the same event
-- twice is one row. Only what is needed to ask Stripe about it is kept.
CREATE TABLE events (
    id          TEXT NOT NULL PRIMARY KEY,
    type        TEXT NOT NULL,
    order_id    TEXT,
    intent_id   TEXT,
    created     INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    outcome     TEXT
) STRICT, WITHOUT ROWID;

-- 0: dealt with
CREATE INDEX events_due ON events (due_at) WHERE due_at > 0;
CREATE INDEX events_received ON events (received_at);

-- An event may name a payment by its intent alone.
CREATE INDEX payments_intent ON payments (intent_id);
