-- When somebody last asked for a payment, and Stripe was asked because of it.
ALTER TABLE payments ADD COLUMN looked_at INTEGER NOT NULL DEFAULT 0;
