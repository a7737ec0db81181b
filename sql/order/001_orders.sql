-- Orders. Amounts are minor units of the currency; times are milliseconds.
CREATE TABLE orders (
    id           TEXT NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL,
    product_name TEXT NOT NULL,
    quantity     INTEGER NOT NULL CHECK (quantity > 0),
    price        INTEGER NOT NULL CHECK (price > 0),
    total        INTEGER NOT NULL CHECK (total > 0),
    currency     TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('Pending', 'Paid',
        'Cancelled', 'Expired', 'PartiallyRefunded', 'Refunded')),
    payment_id   TEXT,
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A user's orders, newest first: ids sort by the time they were made.
CREATE INDEX orders_of_user ON orders (user_id, id);
