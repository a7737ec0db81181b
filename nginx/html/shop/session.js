// Who is logged in. The token is in sessionStorage: it has to outlive the way
// to the bank's page and back, which leaves this page, and a reload. It is this
// tab's alone and goes with it; it never stands in localStorage, a cookie or a
// URL. In memory alone it would be no safer from a foreign script, which could
// use it just as well: that none runs here is what the Content-Security-Policy
// is for.

const NAME = 'till.session';

// what a token says of its bearer; the server decides, this only shows
function claims(token) {
    const middle = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');

    return JSON.parse(atob(middle));
}

/** {token, userId, isAdmin}, or null: nobody is, or no longer. */
export function session() {
    const kept = JSON.parse(sessionStorage.getItem(NAME));

    if (kept && kept.until > Date.now()) return kept;
    sessionStorage.removeItem(NAME);
    return null;
}

/** Begins with what POST /api/login has answered. */
export function beginSession(answer) {
    const kept = {
        token: answer.token,
        userId: answer.user_id,
        isAdmin: claims(answer.token).role === 'admin',
        until: Date.now() + answer.expires_in * 1000,
    };

    sessionStorage.setItem(NAME, JSON.stringify(kept));
}

/** Ends it, and forgets what was under way. */
export function endSession() {
    sessionStorage.clear();
}
