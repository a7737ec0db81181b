-- A mail that is Unknown or Abandoned needs a person, who closes it. Times are
-- milliseconds; 0: it is open.
ALTER TABLE notifications ADD COLUMN closed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN closed_by TEXT;
ALTER TABLE notifications ADD COLUMN note TEXT;

CREATE INDEX notifications_stuck ON notifications (id)
    WHERE closed_at = 0 AND status IN ('Unknown', 'Abandoned');
