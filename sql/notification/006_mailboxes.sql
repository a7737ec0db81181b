-- Whether mails fail one after the other. Times are milliseconds; 0: never.
ALTER TABLE mailboxes ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailboxes ADD COLUMN next_try_at INTEGER NOT NULL DEFAULT 0;
