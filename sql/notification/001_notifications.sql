-- What is to be mailed, once each. Times are milliseconds; 0: never.
CREATE TABLE notifications (
    id              TEXT NOT NULL PRIMARY KEY, -- receipt_<order's id>
    user_id         TEXT NOT NULL,
    order_id        TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('Queued', 'Sending',
        'Sent', 'Unknown', 'Abandoned')),
    attempts        INTEGER NOT NULL,
    due_at          INTEGER NOT NULL, -- 0: nothing is left to be done
    mailbox         TEXT,             -- where the draft is, or was sent from
    draft_id        TEXT,
    send_started_at INTEGER NOT NULL,
    sent_at         INTEGER NOT NULL,
    last_error      TEXT,
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX notifications_due ON notifications (due_at) WHERE due_at > 0;

-- What all workers share about an account that mail leaves by.
CREATE TABLE mailboxes (
    id               TEXT NOT NULL PRIMARY KEY,
    access_token     TEXT,
    token_expires_at INTEGER NOT NULL,
    refreshing_until INTEGER NOT NULL,
    paused_until     INTEGER NOT NULL,
    pause_reason     TEXT,
    swept_at         INTEGER NOT NULL,
    version          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
