-- The orders that are still to be paid, oldest first: those that expire.
CREATE INDEX orders_pending ON orders (id) WHERE status = 'Pending';
