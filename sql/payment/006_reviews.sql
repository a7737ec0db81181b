-- What needs a person: kept with the payment, and closed by whoever has looked
-- into it. Times are milliseconds.
CREATE TABLE reviews (
    order_id  TEXT NOT NULL REFERENCES payments (order_id),
    kind      TEXT NOT NULL,
    subject   TEXT NOT NULL, -- an intent's id, a dispute's, a refund's, ...
    text      TEXT NOT NULL,
    raised_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL, -- 0: it is open
    closed_by TEXT,
    note      TEXT,
    PRIMARY KEY (order_id, kind, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX reviews_open ON reviews (order_id) WHERE closed_at = 0;

-- Before, a payment had one at most, as text alone.
INSERT INTO reviews (order_id, kind, subject, text, raised_at, closed_at)
    SELECT order_id, CASE state WHEN 'Succeeded' THEN 'Refused'
        ELSE 'Mismatch' END, coalesce(intent_id, ''), review, updated_at, 0
    FROM payments WHERE review IS NOT NULL;

ALTER TABLE payments DROP COLUMN review;
