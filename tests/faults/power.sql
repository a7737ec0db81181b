-- What is broken in an image, to the file `broken`; what the marks tell of and
-- isn't there: so many lines. For power.bash, in the image's folder.
ATTACH 'user.db' AS u;
ATTACH 'order.db' AS o;
ATTACH 'payment.db' AS p;
ATTACH 'notification.db' AS n;

.output ../broken
PRAGMA integrity_check;
PRAGMA foreign_key_check;
.output

CREATE TABLE told (kind, id, key);
.separator ' '
.import ../marks told

CREATE TABLE kept (kind, id);
INSERT INTO kept
    SELECT 'user', id FROM u.users UNION ALL
    SELECT 'order', id FROM o.orders UNION ALL
    SELECT 'cancelled', id FROM o.orders WHERE status = 'Cancelled' UNION ALL
    SELECT 'paid', order_id FROM p.payments JOIN o.orders ON order_id = orders.id
        WHERE state = 'Succeeded'
        AND status IN ('Paid', 'PartiallyRefunded', 'Refunded') UNION ALL
    SELECT 'refunded', order_id FROM p.refunds WHERE state = 'Succeeded'
    UNION ALL
    SELECT 'notified', id FROM n.notifications;
SELECT 'lost', kind, id FROM told
    WHERE (kind, id) NOT IN (SELECT kind, id FROM kept);

-- as many answers must be kept as were given with a key
CREATE TABLE answers (service, given, kept);
INSERT INTO answers
    SELECT 'order', (SELECT count(*) FROM told
            WHERE key <> '-' AND kind = 'order'),
        (SELECT count(*) FROM o.idempotency_keys WHERE status > 0) UNION ALL
    SELECT 'payment', (SELECT count(*) FROM told
            WHERE key <> '-' AND kind IN ('paid', 'refunded')),
        (SELECT count(*) FROM p.idempotency_keys WHERE status > 0) UNION ALL
    SELECT 'notification', (SELECT count(*) FROM told
            WHERE key <> '-' AND kind = 'notified'),
        (SELECT count(*) FROM n.idempotency_keys WHERE status > 0);
SELECT 'answers lost', * FROM answers WHERE kept < given;
