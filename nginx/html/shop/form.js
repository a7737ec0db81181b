// Forms: one thing at a time is sent, and what is wrong is said beside its
// field, in the server's words.

import { Lost, Problem } from './api.js';
import { tell } from './dom.js';

function errorOf(input) {
    const id = `${input.id}-error`;
    let node = document.getElementById(id);

    if (!node) {
        node = document.createElement('p');
        node.id = id;
        node.className = 'error';
        (input.closest('.joined') ?? input).after(node);
    }
    return node;
}

function setError(input, detail) {
    const node = errorOf(input);
    const ids = new Set((input.getAttribute('aria-describedby') ?? '').split(' '));

    ids.delete('');
    if (detail) ids.add(node.id);
    else ids.delete(node.id);
    tell(node, detail && detail[0].toUpperCase() + detail.slice(1));
    input.setAttribute('aria-invalid', String(Boolean(detail)));
    input.setAttribute('aria-describedby', [...ids].join(' '));
}

function clear(form, problem) {
    tell(problem, '');
    for (const input of form.querySelectorAll('[aria-invalid="true"]'))
        setError(input, '');
}

// Each error to its field; what has no field here is said above the form.
function showErrors(form, problem, error) {
    const wrong = [];
    let rest = error.errors ? [] : [error.message];

    for (const { pointer, detail } of error.errors ?? []) {
        const input = form.elements.namedItem(pointer.slice(1));

        if (input instanceof HTMLElement && input.type !== 'radio') {
            setError(input, detail);
            wrong.push(input);
        } else {
            rest.push(`${pointer.slice(1)} ${detail}`);
        }
    }
    if (!wrong.length && !rest.length) rest = [error.message];
    tell(problem, rest.join(' '));
    [...form.elements].find((input) => wrong.includes(input))?.focus();
}

/**
 * submit(values) is called with the texts of the fields by their names, and
 * what it throws is shown. problem: the node for what concerns no field.
 * Resolves when that is done; it is busy until then.
 */
export function onSubmit(form, problem, submit) {
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        if (form.getAttribute('aria-busy') === 'true') return;
        clear(form, problem);
        form.setAttribute('aria-busy', 'true');
        try {
            await submit(Object.fromEntries(new FormData(form)));
        } catch (error) {
            if (error instanceof Problem || error instanceof Lost)
                showErrors(form, problem, error);
            else if (error.name !== 'AbortError') throw error;
        } finally {
            form.setAttribute('aria-busy', 'false');
        }
    });
}
