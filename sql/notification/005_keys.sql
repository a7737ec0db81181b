-- A key as MongoDB has it, so that it can move there and back: whose claim it
-- is, or was; and, where it has been there, the id of what its request makes.
ALTER TABLE idempotency_keys RENAME COLUMN lease_owner TO owner;
UPDATE idempotency_keys SET owner = '' WHERE owner IS NULL;
ALTER TABLE idempotency_keys ADD COLUMN object_id TEXT;
