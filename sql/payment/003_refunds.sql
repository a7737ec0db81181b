-- What is given back of a payment, whole or in parts. Amounts are minor units
-- of the payment's currency; request_key binds one to the client's request.
CREATE TABLE refunds (
    order_id     TEXT NOT NULL REFERENCES payments (order_id),
    number       INTEGER NOT NULL,
    key          TEXT NOT NULL UNIQUE,
    request_key  TEXT,
    amount       INTEGER NOT NULL CHECK (amount > 0),
    state        TEXT NOT NULL,
    stripe_id    TEXT,
    message      TEXT,
    mark         TEXT NOT NULL,
    notify       TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;
