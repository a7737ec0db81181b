-- Work that comes round by the clock, and that one worker does at a time: when
-- it is due again, and up to when it has been done.
CREATE TABLE turns (
    name    TEXT NOT NULL PRIMARY KEY,
    known   INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO turns (name, known, next_at) VALUES
    ('events', 0, 0), -- Stripe's, that no webhook brought
    ('expiry', 0, 0); -- of orders that nobody pays
