// Amounts as the server writes them: decimal text, with all the decimals that
// the currency has. Never a number of JavaScript's.

function decimalsOf(amount) {
    return (amount.split('.')[1] ?? '').length;
}

function toMinor(amount, decimals) {
    const [whole, part = ''] = amount.split('.');

    return BigInt(whole + part.padEnd(decimals, '0'));
}

function fromMinor(minor, decimals) {
    const digits = minor.toString().padStart(decimals + 1, '0');
    const at = digits.length - decimals;

    return decimals ? `${digits.slice(0, at)}.${digits.slice(at)}` : digits;
}

/** "1000.00" and "usd" as the reader's language has it: "$1,000.00" */
export function show(amount, currency) {
    const decimals = decimalsOf(amount);

    return new Intl.NumberFormat(undefined, {
        style: 'currency',
        currency,
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
    }).format(amount);
}

/** What somebody typed, as the server reads it: "19,99" is "19.99" here. */
export function typed(text, decimals) {
    const parts = /^(\d+),(\d+)$/.exec(text.trim());

    return parts && parts[2].length <= decimals
        ? `${parts[1]}.${parts[2]}`
        : text.trim();
}

/** price * quantity, or null: they aren't right yet */
export function multiply(price, quantity, decimals) {
    const isPrice = /^\d{1,15}(\.\d+)?$/.test(price);

    if (!isPrice || decimalsOf(price) > decimals || !/^\d{1,7}$/.test(quantity))
        return null;
    return fromMinor(toMinor(price, decimals) * BigInt(quantity), decimals);
}

/** The sum of amounts of one currency, as many decimals as `like` has. */
export function sum(amounts, like) {
    const decimals = decimalsOf(like);
    const minors = amounts.map((amount) => toMinor(amount, decimals));

    return fromMinor(
        minors.reduce((all, minor) => all + minor, 0n),
        decimals,
    );
}

/** one - other, neither less than nothing */
export function subtract(one, other) {
    const decimals = decimalsOf(one);

    return fromMinor(
        toMinor(one, decimals) - toMinor(other, decimals),
        decimals,
    );
}

export function isZero(amount) {
    return !/[1-9]/.test(amount);
}
