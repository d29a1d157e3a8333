"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.AbortError = exports.PgsError = void 0;
exports.invalid = invalid;
exports.thrown = thrown;
/** The private constructor, for this package. */
let errorOf;
/** Every error of pgs. Ask its `code`, never its text. */
class PgsError extends Error {
    /** For programs, such as `PGS_ALREADY_EXISTS`. */
    code;
    /** The one thing to try next, where there is one. */
    remedy;
    /** Whether the same call may succeed later without anybody changing anything. */
    retryable;
    constructor(fault, options) {
        super(fault.message, options);
        this.code = fault.code;
        this.remedy = fault.remedy;
        this.retryable = fault.retryable;
    }
    static {
        errorOf = (fault, options) => new PgsError(fault, options);
        Object.defineProperty(this.prototype, 'name', { value: 'PgsError', configurable: true, writable: true });
    }
}
exports.PgsError = PgsError;
/** What a call that was aborted rejects with. What it began goes on to its end. */
class AbortError extends Error {
    code = 'ABORT_ERR';
    /** @param cause the reason of the signal */
    constructor(cause) {
        super('The operation was aborted', { cause });
    }
    static {
        Object.defineProperty(this.prototype, 'name', { value: 'AbortError', configurable: true, writable: true });
    }
}
exports.AbortError = AbortError;
/** An argument that is none. */
function invalid(message, remedy = null) {
    return errorOf({ code: 'PGS_INVALID_INPUT', message, remedy, retryable: false });
}
/** What the native part threw, as an error of this package. */
function thrown(error) {
    if (!(error instanceof Error) || error instanceof PgsError || error instanceof AbortError)
        return error;
    const fault = faultIn(error.message);
    return fault ? errorOf(fault) : errorOf(unforeseen(error), { cause: error });
}
function faultIn(text) {
    try {
        const fault = JSON.parse(text);
        return typeof fault?.code === 'string' ? fault : undefined;
    }
    catch {
        return undefined;
    }
}
function unforeseen(error) {
    return { code: 'PGS_INTERNAL', message: error.message, remedy: null, retryable: false };
}
