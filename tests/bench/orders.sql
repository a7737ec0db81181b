-- Orders as Till would have written them, @COUNT of them, a millisecond apart,
-- the first at @FIRST. Order i has the id that load.lua makes of i, and belongs
-- to user i % @USERS. One in ten is Pending.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
BEGIN;
INSERT INTO orders
SELECT printf('%08x-%04x-7%03x-8%03x-%012x', (@FIRST + value) >> 16,
        (@FIRST + value) & 65535, value & 4095, (value >> 12) & 4095,
        value * 99990001),
    printf('01890a5d-ac96-774b-bcce-%012x', value % @USERS),
    printf('Product %d', value), 1, 1000, 1000, 'usd',
    iif(value % 10, 'Paid', 'Pending'),
    iif(value % 10, printf('pay_%026x', value), NULL),
    1, @FIRST + value, @FIRST + value
FROM generate_series(0, @COUNT - 1);
COMMIT;
PRAGMA journal_mode = WAL;
