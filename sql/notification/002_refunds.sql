-- A mail about a refund, beside the receipt: refund_<number>_<order's id>.
ALTER TABLE notifications ADD COLUMN refund INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN amount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN currency TEXT NOT NULL DEFAULT '';
