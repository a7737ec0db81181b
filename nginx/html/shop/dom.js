// The page's own small way with the document. Text goes in as text, always:
// nothing in this folder makes HTML of a string.

/**
 * A copy of <template id="view-NAME">: its root, and its parts by their
 * data-part.
 */
export function view(name) {
    const template = document.getElementById(`view-${name}`);
    const copy = document.importNode(template.content, true);
    const parts = {};

    for (const node of copy.querySelectorAll('[data-part]'))
        parts[node.dataset.part] = node;
    return { root: copy, ...parts };
}

/** Shows text in a node; without text the node is hidden. */
export function tell(node, text) {
    node.textContent = text ?? '';
    node.hidden = !text;
}

/** Tells a screen reader what has changed without anybody's doing. */
export function say(text) {
    document.getElementById('said').textContent = text;
}

/** A moment of the server's, in the reader's words, into a <time>. */
export function writeTime(node, moment) {
    node.dateTime = moment;
    node.textContent = new Intl.DateTimeFormat(undefined, {
        dateStyle: 'medium',
        timeStyle: 'short',
    }).format(new Date(moment));
}

/** Milliseconds; ends early, as a rejection, when the page is left. */
export function pause(milliseconds, signal) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, milliseconds);

        signal?.addEventListener(
            'abort',
            () => {
                clearTimeout(timer);
                reject(signal.reason);
            },
            { once: true },
        );
    });
}
