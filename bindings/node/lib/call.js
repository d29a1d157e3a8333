"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.call = call;
exports.calledBack = calledBack;
exports.isSignal = isSignal;
const errors_js_1 = require("./errors.js");
const json_js_1 = require("./json.js");
/**
 * What a call of the native part answers, unless it is aborted before.
 *
 * @param undo what becomes of an answer that comes when nobody waits for it any more
 */
async function call(begin, options = {}, undo) {
    try {
        const { signal } = (0, json_js_1.plain)(options);
        if (signal === undefined)
            return await begin();
        if (!isSignal(signal))
            throw (0, json_js_1.wrong)('signal', signal, 'an AbortSignal');
        if (signal.aborted)
            throw new errors_js_1.AbortError(signal.reason);
        return await unlessAborted(begin(), signal, undo);
    }
    catch (error) {
        throw (0, errors_js_1.thrown)(error);
    }
}
/** What calls back once, as a promise. Where that is waited for with `ref`, it keeps the process alive until it is aborted. */
async function calledBack(begin, { ref = false, signal } = {}) {
    const alive = ref && !signal?.aborted ? setInterval(() => { }, LONG) : undefined;
    const release = () => clearInterval(alive);
    signal?.addEventListener('abort', release, { once: true });
    try {
        return await new Promise((resolve, reject) => {
            begin((error, answer) => (error ? reject(error) : resolve(answer)));
        });
    }
    finally {
        release();
        signal?.removeEventListener('abort', release);
    }
}
/** Of this or another realm, so not by its class. */
function isSignal(value) {
    return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
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
