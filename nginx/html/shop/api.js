// Till's API. What fails is a Problem (RFC 9457), or Lost: nothing was heard.

import { pause } from './dom.js';
import { endSession, session } from './session.js';

/** The server has said no, and why. */
export class Problem extends Error {
    constructor(status, body, retryAfter) {
        super(body.detail ?? body.title ?? `The server answers ${status}.`);
        this.status = status;
        this.errors = body.errors ?? [];
        this.retryAfter = retryAfter;
    }
}

/** No answer: what was asked may have happened or not. */
export class Lost extends Error {
    constructor() {
        super('The shop can’t be reached. Check your connection.');
    }
}

// longer than the server thinks about anything
const PATIENCE = 40_000;

// Amounts as the digits that the server wrote: a number of JavaScript's would
// lose the decimals, and the end of a large one. No text of a customer's can
// look like this: its quotes are escaped.
function parse(text) {
    return JSON.parse(
        text.replace(/"(price|total|amount)":(\d[\d.]*)/g, '"$1":"$2"'),
    );
}

// A proxy's page is no answer; an error may be a page, its status tells enough.
async function read(response) {
    const text = await response.text();

    try {
        return text ? parse(text) : {};
    } catch (error) {
        if (response.ok) throw error;
        return {};
    }
}

// Aborted when the page is left, or when nobody can be thinking any more.
function patience(signal) {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), PATIENCE);

    signal?.addEventListener('abort', () => control.abort());
    return { signal: control.signal, end: () => clearTimeout(timer) };
}

async function send(method, path, options) {
    const { body, key, etag, signal } = options;
    const token = session()?.token;
    const headers = {};
    const limit = patience(signal);

    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (token) headers.Authorization = `Bearer ${token}`;
    if (key) headers['Idempotency-Key'] = key;
    if (etag) headers['If-None-Match'] = etag;
    try {
        const response = await fetch(path, {
            method,
            headers,
            body,
            cache: 'no-store',
            credentials: 'omit',
            signal: limit.signal,
        });

        return { response, answer: await read(response) };
    } catch (error) {
        if (signal?.aborted) throw signal.reason;
        throw new Lost();
    } finally {
        limit.end();
    }
}

/**
 * One request. Options: body (a value), key (an Idempotency-Key), etag,
 * signal. Resolves to the answer, its etag beside it; to null where the etag's
 * object is unchanged. A token that is no longer good ends the session.
 */
export async function call(method, path, options = {}) {
    const { response, answer } = await send(method, path, {
        ...options,
        body: options.body && JSON.stringify(options.body),
    });

    if (response.status === 304) return null;
    if (response.ok)
        return { ...answer, etag: response.headers.get('ETag') };
    if (response.status === 401 && session()) {
        endSession();
        window.dispatchEvent(new Event('till:session'));
    }
    throw new Problem(
        response.status,
        answer,
        Number(response.headers.get('Retry-After')) || 0,
    );
}

// The key of what is under way: the same for the same request until its answer
// is there, over a reload too; another one after that, so that a customer may
// want the same thing twice.
function keyOf(path, body) {
    const name = `till.key ${path} ${JSON.stringify(body)}`;
    let key = sessionStorage.getItem(name);

    if (!key) {
        const bytes = crypto.getRandomValues(new Uint8Array(16));

        key = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
        sessionStorage.setItem(name, key);
    }
    return { key, forget: () => sessionStorage.removeItem(name) };
}

// whether the same request has to be sent again to learn what came of it
function isOpen(error) {
    return (
        error instanceof Lost ||
        (error instanceof Problem &&
            (error.status >= 500 ||
                (error.status === 409 && error.retryAfter > 0)))
    );
}

const TRIES = 6;

/**
 * A POST that must not happen twice: it is sent again with the same key until
 * its answer is there, and so is the same one later, if it was given up here.
 * onOpen(error) is told each time that nothing is known yet.
 */
export async function callOnce(path, body, { onOpen, signal } = {}) {
    const { key, forget } = keyOf(path, body);

    for (let tries = 1; ; tries++) {
        try {
            const answer = await call('POST', path, { body, key, signal });

            forget();
            return answer;
        } catch (error) {
            if (!isOpen(error)) {
                if (!signal?.aborted) forget();
                throw error;
            }
            if (tries === TRIES) throw error;
            onOpen?.(error);
            await pause(
                Math.max((error.retryAfter ?? 0) * 1000, 500 * 2 ** (tries - 1)),
                signal,
            );
        }
    }
}
