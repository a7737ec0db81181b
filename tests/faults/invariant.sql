-- The invariant, rule by rule, for tests/faults/invariant. Each rule names the
-- orders that break it. Amounts are minor units.
.bail on

-- What is in the files, as tables.
CREATE TABLE orders AS SELECT value ->> 'id' AS id,
    value ->> 'user_id' AS user_id, value ->> 'product_name' AS product_name,
    value ->> 'quantity' AS quantity, value ->> 'total' AS total,
    value ->> 'currency' AS currency, value ->> 'status' AS status,
    value ->> 'payment_id' AS payment_id
    FROM json_each(readfile('orders.json'));
CREATE TABLE payment AS SELECT value ->> 'order_id' AS order_id,
    value ->> 'amount' AS amount, value ->> 'currency' AS currency,
    value ->> 'state' AS state, value ->> 'intent_id' AS intent_id,
    value ->> 'due_at' AS due_at, value AS whole
    FROM json_each(readfile('payments.json'));
CREATE TABLE review AS SELECT value ->> 'order_id' AS order_id,
    value ->> 'kind' AS kind, value ->> 'text' AS text, value AS whole
    FROM json_each(readfile('reviews.json'));
CREATE TABLE stored_refund AS SELECT value ->> 'order_id' AS order_id,
    value ->> 'number' AS number, value ->> 'amount' AS amount,
    value ->> 'state' AS state, value ->> 'stripe_id' AS stripe_id,
    value AS whole FROM json_each(readfile('refunds.json'));
CREATE TABLE notification AS SELECT value ->> 'id' AS id,
    value ->> 'order_id' AS order_id, value ->> 'status' AS status,
    value ->> 'due_at' AS due_at, value AS whole
    FROM json_each(readfile('notifications.json'));

CREATE TABLE charge AS SELECT value ->> 'order_id' AS order_id,
    value ->> 'amount' AS amount, value ->> 'currency' AS currency,
    value ->> 'payment_intent' AS intent_id, value AS whole
    FROM json_each(readfile('ledger.json'), '$.charges')
    WHERE value ->> 'status' = 'succeeded';
CREATE TABLE refund AS SELECT value ->> 'order_id' AS order_id,
    value ->> 'id' AS id, value ->> 'amount' AS amount,
    value ->> 'status' AS status, value AS whole
    FROM json_each(readfile('ledger.json'), '$.refunds');
CREATE TABLE intent AS SELECT value ->> 'order_id' AS order_id,
    value ->> 'id' AS id, value ->> 'status' AS status, value AS whole
    FROM json_each(readfile('ledger.json'), '$.intents');
CREATE TABLE dispute AS SELECT value ->> 'order_id' AS order_id,
    value AS whole FROM json_each(readfile('ledger.json'), '$.disputes');
CREATE TABLE mail AS SELECT value ->> 'order_id' AS order_id,
    substr(value ->> 'message_id', 2, instr(value ->> 'message_id', '@') - 2)
        AS notification, value ->> 'to' AS recipient, value AS whole FROM json_each(readfile('ledger.json'), '$.mails');

CREATE TABLE line (text TEXT);
.mode ascii
.separator "\037" "\n"
.import shown.jsonl line
CREATE TABLE shown AS SELECT text ->> 'id' AS id,
    text ->> 'status' AS status, text ->> 'user_id' AS user_id,
    text ->> 'product_name' AS product_name, text ->> 'quantity' AS quantity,
    text ->> 'price' AS price, text ->> 'total' AS total,
    text ->> 'currency' AS currency FROM line WHERE text <> '';
DELETE FROM line;
.import said.jsonl line
-- what customers, admins and the dashboard have asked and were told
CREATE TABLE said AS SELECT text ->> 'at' AS at, text ->> 'who' AS who,
    text ->> 'what' AS what, text ->> 'order' AS order_id,
    text ->> 'key' AS key, text -> 'sent' AS sent,
    text ->> 'status' AS status, text -> 'got' AS got, text AS whole
    FROM line WHERE text <> '';
DROP TABLE line;

CREATE INDEX charge_order ON charge (order_id);
CREATE INDEX refund_order ON refund (order_id);
CREATE INDEX mail_order ON mail (order_id);
CREATE INDEX said_order ON said (order_id, what);
CREATE UNIQUE INDEX orders_id ON orders (id);
CREATE INDEX payment_order ON payment (order_id);

CREATE TABLE money AS SELECT id AS order_id, total, currency, status,
    (SELECT coalesce(sum(amount), 0) FROM charge WHERE order_id = id)
        AS charged,
    (SELECT coalesce(sum(amount), 0) FROM refund r WHERE r.order_id = orders.id
        AND r.status = 'succeeded') AS refunded,
    (SELECT coalesce(sum(amount), 0) FROM refund r WHERE r.order_id = orders.id
        AND r.status NOT IN ('failed', 'canceled')) AS given_back
    FROM orders;
CREATE UNIQUE INDEX money_order ON money (order_id);

CREATE TABLE violation (order_id TEXT, what TEXT);

-- At most one successful charge, of exactly the total and currency.
INSERT INTO violation SELECT order_id, count(*) || ' successful charges'
    FROM charge GROUP BY order_id HAVING count(*) > 1;
INSERT INTO violation SELECT o.id, 'charged ' || c.amount || ' ' || c.currency
    || ' instead of ' || o.total || ' ' || o.currency
    FROM charge c JOIN orders o ON o.id = c.order_id
    WHERE c.amount <> o.total OR c.currency <> o.currency;
INSERT INTO violation SELECT order_id, 'charged, but there is no such order'
    FROM charge WHERE order_id IS NULL
    OR order_id NOT IN (SELECT id FROM orders);

-- The order's status says what became of the money. A success that came too
-- late was given back.
INSERT INTO violation SELECT order_id, status || ', but charged ' || charged
    || ' and refunded ' || refunded FROM money
    WHERE NOT CASE status
        WHEN 'Pending' THEN charged = 0
        WHEN 'Paid' THEN charged > 0 AND refunded = 0
        WHEN 'PartiallyRefunded' THEN refunded > 0 AND refunded < charged
        WHEN 'Refunded' THEN charged > 0 AND refunded = charged
        ELSE charged = refunded END;
INSERT INTO violation SELECT order_id, 'gave back ' || given_back
    || ' of a charge of ' || charged FROM money WHERE given_back > charged;

-- The payment's own state says the same.
INSERT INTO violation SELECT p.order_id, 'the payment is ' || p.state
    || ', but the charges are ' || m.charged
    FROM payment p JOIN money m ON m.order_id = p.order_id
    WHERE (p.state = 'Succeeded') <> (m.charged > 0);
INSERT INTO violation SELECT c.order_id, 'charged without a payment'
    FROM charge c WHERE order_id NOT IN (SELECT order_id FROM payment);
INSERT INTO violation SELECT c.order_id, 'charged by ' || c.intent_id
    || ', but the payment''s intent is ' || coalesce(p.intent_id, 'none')
    FROM charge c JOIN payment p ON p.order_id = c.order_id
    WHERE c.intent_id IS NOT p.intent_id;
-- What needs a person has a reason outside of Till.
INSERT INTO violation SELECT order_id, kind || ' needs a person: ' || text
    FROM review v WHERE NOT CASE kind
        WHEN 'Dispute' THEN order_id IN (SELECT order_id FROM dispute)
        WHEN 'RefundFailed' THEN order_id IN (SELECT order_id
            FROM stored_refund WHERE state = 'Failed')
        ELSE 0 END;

-- What is over can't be charged any more, by no intent that waits for a bank.
INSERT INTO violation SELECT i.order_id, m.status || ', but ' || i.id
    || ' can still succeed: ' || i.status
    FROM intent i JOIN money m ON m.order_id = i.order_id
    WHERE m.status <> 'Pending'
    AND i.status IN ('requires_action', 'processing', 'requires_capture');
INSERT INTO violation SELECT order_id, count(*) || ' intents can still succeed'
    FROM intent WHERE status IN ('requires_action', 'processing')
    GROUP BY order_id HAVING count(*) > 1;

-- Till's refunds are Stripe's.
INSERT INTO violation SELECT r.order_id, r.id || ' is ' || r.status
    || ', but Till has it as ' || coalesce(s.state, 'nothing')
    FROM refund r LEFT JOIN stored_refund s
        ON s.order_id = r.order_id AND s.stripe_id = r.id
    WHERE (r.status = 'succeeded') <> (s.state IS 'Succeeded')
    OR s.amount IS NOT r.amount;
INSERT INTO violation SELECT s.order_id, 'refund ' || s.number || ' is '
    || s.state || ', but Stripe has none'
    FROM stored_refund s LEFT JOIN refund r ON r.id = s.stripe_id
    WHERE r.id IS NULL AND s.state <> 'Failed';

-- One receipt for each order that was Paid, one mail for each refund, and no
-- other mail.
CREATE TABLE owed (notification TEXT PRIMARY KEY, order_id TEXT);
INSERT INTO owed SELECT 'receipt_' || order_id, order_id FROM money
    WHERE status IN ('Paid', 'PartiallyRefunded', 'Refunded');
INSERT INTO owed SELECT 'refund_' || number || '_' || order_id, order_id
    FROM stored_refund WHERE state = 'Succeeded';
INSERT INTO violation SELECT w.order_id, count(m.notification) || ' mails '
    || w.notification FROM owed w LEFT JOIN mail m
    ON m.order_id = w.order_id AND m.notification = w.notification
    GROUP BY w.notification HAVING count(m.notification) <> 1;
INSERT INTO violation SELECT order_id, 'a mail too many: ' || notification
    FROM mail WHERE notification NOT IN (SELECT notification FROM owed);
CREATE TABLE address AS SELECT DISTINCT got ->> 'user_id' AS user_id,
    sent ->> 'email' AS email FROM said WHERE what = 'login' AND status = 200;
INSERT INTO violation SELECT m.order_id, m.notification || ' went to '
    || m.recipient FROM mail m JOIN orders o ON o.id = m.order_id
    JOIN address a USING (user_id) WHERE m.recipient <> a.email;
INSERT INTO violation SELECT order_id, id || ' is ' || status
    FROM notification WHERE status <> 'Sent';

-- The API shows what is stored.
INSERT INTO violation SELECT o.id, 'the API shows it as '
    || coalesce(s.status, 'nothing') || ', not ' || o.status
    FROM orders o LEFT JOIN shown s ON s.id = o.id
    WHERE s.status IS NOT o.status OR s.user_id IS NOT o.user_id
    OR s.product_name IS NOT o.product_name OR s.quantity IS NOT o.quantity
    OR s.currency IS NOT o.currency;

-- Every order that got its 201 is there, as it was ordered and as it was told.
CREATE TABLE told AS SELECT got ->> 'id' AS order_id, who, key, sent, got
    FROM said WHERE what = 'order' AND status = 201;
CREATE INDEX told_order ON told (order_id);
INSERT INTO violation SELECT DISTINCT t.order_id,
    'ordered and told: ' || t.sent || ' ' || t.got
    FROM told t LEFT JOIN shown s ON s.id = t.order_id
    WHERE s.id IS NULL OR s.product_name IS NOT t.sent ->> 'product_name'
    OR s.quantity IS NOT t.sent ->> 'quantity'
    OR abs(s.price - (t.sent ->> 'price')) > 0.0001
    OR abs(s.total - s.price * s.quantity) > 0.0001
    OR s.currency IS NOT coalesce(t.sent ->> 'currency', 'usd')
    OR s.user_id IS NOT t.got ->> 'user_id'
    OR s.total IS NOT t.got ->> 'total';
-- With a key it is there once, however often it was asked for; without one,
-- no more often than it was asked for.
INSERT INTO violation SELECT min(o.id), count(*) || ' orders of one wish, asked '
    || w.asked || ' times, key ' || coalesce(w.key, 'none')
    FROM orders o JOIN (SELECT sent ->> 'product_name' AS name, key,
        count(*) AS asked FROM said WHERE what = 'order'
        GROUP BY sent ->> 'product_name') w ON w.name = o.product_name
    GROUP BY o.product_name
    HAVING count(*) > CASE WHEN w.key IS NULL THEN w.asked ELSE 1 END;

-- Nobody was told a guess.
INSERT INTO violation SELECT DISTINCT order_id, 'was told Paid at ' || at
    FROM said WHERE what = 'pay' AND status = 200
    AND order_id NOT IN (SELECT order_id FROM charge);
INSERT INTO violation SELECT DISTINCT s.order_id, 'was told Cancelled at '
    || s.at || ', but is ' || m.status
    FROM said s JOIN money m ON m.order_id = s.order_id
    WHERE s.what = 'cancel' AND s.status = 200 AND m.status <> 'Cancelled';
INSERT INTO violation SELECT DISTINCT order_id, 'was shown as ' ||
    (got ->> 'status') || ' at ' || at FROM said
    WHERE what = 'look' AND status = 200
    AND got ->> 'status' IN ('Paid', 'Succeeded', 'PartiallyRefunded', 'Refunded')
    AND order_id NOT IN (SELECT order_id FROM charge);
-- No order goes back: what was seen before the next call began is no later
-- state than what that call has shown.
CREATE TABLE seen AS SELECT order_id, at, at + (whole ->> 'ms') AS ended,
    got ->> 'status' AS status, CASE got ->> 'status' WHEN 'Pending' THEN 0
        WHEN 'Paid' THEN 1 WHEN 'PartiallyRefunded' THEN 2 ELSE 3 END AS rank
    FROM said WHERE status = 200 AND what IN ('look', 'cancel')
    AND got ->> 'total' IS NOT NULL;
CREATE INDEX seen_order ON seen (order_id, at);
INSERT INTO violation SELECT DISTINCT a.order_id, 'was ' || a.status || ' at '
    || a.at || ', and ' || b.status || ' at ' || b.at
    FROM seen a JOIN seen b ON b.order_id = a.order_id AND b.at > a.ended
    WHERE b.rank < a.rank;
-- Nobody was charged who didn't want it: a card that pays, and no refusal; or
-- a yes at the bank.
INSERT INTO violation SELECT c.order_id, 'charged, but nobody had it charged'
    FROM charge c WHERE EXISTS (SELECT 1 FROM said) AND NOT EXISTS (
        SELECT 1 FROM said s WHERE s.order_id = c.order_id
        AND (s.what = 'approve' OR s.what = 'pay'
            AND coalesce(s.sent ->> 'payment_method', 'pm_card_visa')
                IN ('pm_card_visa', 'pm_card_pendingRefund')
            AND (s.status NOT BETWEEN 400 AND 499
                OR s.got ->> 'detail' LIKE '%is still running'
                OR s.got ->> 'detail' LIKE '%the money is returned')));

-- A refund that was asked for with a key happened at most once; without one,
-- no more often than it was asked for. Parts are known by their amounts;
-- all of the rest can happen only once.
CREATE TABLE refund_wish AS SELECT order_id, coalesce(key, '') AS key, what,
    coalesce(CAST(replace(sent ->> 'amount', '.', '') AS INTEGER), 0) AS amount,
    count(*) AS asked,
    -- not refused, and not told that nothing was done
    count(*) FILTER (WHERE status NOT BETWEEN 400 AND 499 AND status <> 503
        OR got ->> 'detail' LIKE '%is still running') AS open FROM said WHERE what IN ('refund', 'dashboard')
    GROUP BY 1, 2, 3, 4;
INSERT INTO violation SELECT r.order_id, count(*) || ' refunds of ' || r.amount
    || ', asked ' || w.asked || ' times, key ' || w.key
    FROM refund r JOIN refund_wish w
        ON w.order_id = r.order_id AND w.amount = r.amount
    GROUP BY r.order_id, r.amount
    HAVING count(*) > CASE w.key WHEN '' THEN w.asked ELSE 1 END;
INSERT INTO violation SELECT r.order_id, r.id || ' of ' || r.amount
    || ': nobody asked for it' FROM refund r JOIN money m USING (order_id)
    WHERE EXISTS (SELECT 1 FROM said) AND m.status <> 'Cancelled'
    AND NOT EXISTS (SELECT 1 FROM refund_wish w WHERE w.order_id = r.order_id
        AND w.amount IN (0, r.amount));
INSERT INTO violation SELECT r.order_id, r.id || ' of ' || r.amount
    || ', though each call was refused' FROM refund r
    WHERE EXISTS (SELECT 1 FROM refund_wish w WHERE w.order_id = r.order_id
        AND w.amount = r.amount AND w.what = 'refund')
    AND NOT EXISTS (SELECT 1 FROM refund_wish w WHERE w.order_id = r.order_id
        AND w.amount = r.amount AND w.open > 0);
-- Who was told 200 has it back; who was told 202 has it, or Stripe refused.
INSERT INTO violation SELECT DISTINCT s.order_id, 'was told of the refund '
    || s.got FROM said s WHERE s.what = 'refund' AND s.status IN (200, 202)
    AND NOT EXISTS (SELECT 1 FROM stored_refund r
        WHERE r.order_id = s.order_id
        AND s.got ->> 'id' = 'pay_' || r.order_id || '_refund_' || r.number
        AND (r.state = 'Succeeded' OR s.status = 202));

-- The same key, the same answer: what was told once is told again.
INSERT INTO violation SELECT min(coalesce(order_id, got ->> 'id')),
    count(DISTINCT got) || ' answers to one ' || what || ' with key ' || key
    FROM said WHERE key IS NOT NULL AND status IN (200, 201, 202, 402)
    GROUP BY who, what, key HAVING count(DISTINCT got) > 1;

-- All is quiet.
INSERT INTO violation SELECT order_id, 'the payment is still due'
    FROM payment WHERE due_at > 0 AND state NOT IN
        ('Created', 'RequiresAction', 'Rejected', 'Failed');
INSERT INTO violation SELECT order_id, id || ' is still due'
    FROM notification WHERE due_at > 0;

-- What is expected in the flow that has made these orders.
CREATE TABLE expected (pattern TEXT);
.import expected expected
DELETE FROM violation WHERE EXISTS (SELECT 1 FROM expected
    WHERE what LIKE pattern);

-- Each violation, with all that is known of its order.
CREATE TABLE bad AS SELECT coalesce(order_id, '') AS id,
    group_concat(what, char(10) || '    ') AS what
    FROM violation GROUP BY order_id ORDER BY order_id LIMIT 20;
CREATE TABLE report AS SELECT id, 0 AS part, 0 AS at,
    'VIOLATION order ' || id || char(10) || '    ' || what AS text FROM bad;
INSERT INTO report SELECT id, 1, 0, '  order ' || status || ' ' || total || ' '
    || currency || ' ' || product_name FROM bad JOIN orders USING (id);
INSERT INTO report SELECT order_id, 2, 0, '  payment ' || whole
    FROM payment WHERE order_id IN (SELECT id FROM bad);
INSERT INTO report SELECT order_id, 2, 1, '  review ' || whole
    FROM review WHERE order_id IN (SELECT id FROM bad);
INSERT INTO report SELECT order_id, 3, number, '  refund ' || whole
    FROM stored_refund WHERE order_id IN (SELECT id FROM bad);
INSERT INTO report SELECT order_id, 4, 0, '  notification ' || whole
    FROM notification WHERE order_id IN (SELECT id FROM bad);
INSERT INTO report SELECT order_id, 5, 0, '  Stripe''s intent ' || whole
    FROM intent WHERE order_id IN (SELECT id FROM bad);
INSERT INTO report SELECT order_id, 6, 0, '  Stripe''s charge ' || whole
    FROM charge WHERE order_id IN (SELECT id FROM bad);
INSERT INTO report SELECT order_id, 7, 0, '  Stripe''s refund ' || whole
    FROM refund WHERE order_id IN (SELECT id FROM bad);
INSERT INTO report SELECT order_id, 8, 0, '  Stripe''s dispute ' || whole
    FROM dispute WHERE order_id IN (SELECT id FROM bad);
INSERT INTO report SELECT order_id, 9, 0, '  mail ' || whole
    FROM mail WHERE order_id IN (SELECT id FROM bad);
INSERT INTO report SELECT coalesce(order_id, got ->> 'id'), 10, at, '  said '
    || whole FROM said
    WHERE coalesce(order_id, got ->> 'id') IN (SELECT id FROM bad);
CREATE TABLE sorted AS SELECT text FROM report ORDER BY id, part, at;
DROP TABLE report;
ALTER TABLE sorted RENAME TO report;
