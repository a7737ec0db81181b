-- Requests with an Idempotency-Key, and their answers; kept for a day. Times
-- are milliseconds.
CREATE TABLE idempotency_keys (
    number       INTEGER NOT NULL PRIMARY KEY, -- rises: the oldest come first
    key          TEXT NOT NULL UNIQUE, -- a name for caller, route and key
    request      TEXT NOT NULL,        -- a name for the body
    lease_owner  TEXT,                 -- while it is running
    lease_until  INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    status       INTEGER NOT NULL,     -- 0: it is running
    content_type TEXT,
    etag         TEXT,
    headers      TEXT,
    body         TEXT                  -- opened only by the client's key
) STRICT;
