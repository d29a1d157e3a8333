"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.call = call;
exports.calledBack = calledBack;
const errors_js_1 = require("./errors.js");
/**
 * What a call of the native part answers, unless it is aborted before.
 *
 * @param undo what becomes of an answer that comes when nobody waits for it any more
 */
async function call(begin, signal, undo) {
    try {
        if (signal === undefined)
            return await begin();
        checked(signal);
        if (signal.aborted)
            throw new errors_js_1.AbortError(signal.reason);
        return await unlessAborted(begin(), signal, undo);
    }
    catch (error) {
        throw (0, errors_js_1.thrown)(error);
    }
}
/** What calls back once, as a promise. */
async function calledBack(begin, ref = false) {
    const alive = ref ? setInterval(() => { }, LONG) : undefined;
    try {
        return await new Promise((resolve, reject) => {
            begin((error, answer) => (error ? reject(error) : resolve(answer)));
        });
    }
    finally {
        clearInterval(alive);
    }
}
/** The longest that a timer takes, in milliseconds. */
const LONG = 2 ** 31 - 1;
function unlessAborted(work, signal, undo) {
    return new Promise((resolve, reject) => {
        const abort = () => {
            reject(new errors_js_1.AbortError(signal.reason));
            // Nobody waits for this one, so its failure is nobody's either.
            work.then(undo).catch(() => { });
        };
        signal.addEventListener('abort', abort, { once: true });
        const done = () => signal.removeEventListener('abort', abort);
        work.then(resolve, reject).finally(done);
    });
}
function checked(signal) {
    const known = typeof signal === 'object' && signal !== null && 'aborted' in signal && 'addEventListener' in signal;
    if (!known)
        throw (0, errors_js_1.invalid)('option `signal` is no AbortSignal');
}
