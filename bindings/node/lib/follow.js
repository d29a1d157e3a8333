"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Follow = exports.followOf = void 0;
const call_js_1 = require("./call.js");
const errors_js_1 = require("./errors.js");
/**
 * The log of changes as it grows: `for await (const event of pgs.follow())`. It goes on until it is left, closed or aborted, or
 * until its manager is closed. Waiting for the next event does not keep the process alive, unless `ref` says so.
 */
class Follow {
    #begin;
    #options;
    #watch;
    #closed = false;
    constructor(begin, options) {
        this.#begin = begin;
        this.#options = options;
    }
    static {
        exports.followOf = (begin, options) => new Follow(begin, options);
    }
    /** The next event, waiting until there is one. Every event comes once, in order. */
    async next() {
        if (this.#closed)
            return DONE;
        try {
            const event = await (0, call_js_1.call)(() => this.#next(), this.#options);
            if (event)
                return { done: false, value: event };
        }
        catch (error) {
            if (error instanceof errors_js_1.AbortError)
                this.close();
            throw error;
        }
        this.#closed = true;
        return DONE;
    }
    /** Ends it; whoever waits for an event gets none. */
    close() {
        this.#closed = true;
        this.#watch?.then((watch) => watch.close()).catch(() => { });
    }
    /** Ends it, as `break` does. */
    async return() {
        this.close();
        return DONE;
    }
    [Symbol.asyncIterator]() {
        return this;
    }
    async [Symbol.asyncDispose]() {
        this.close();
    }
    async #next() {
        this.#watch ??= this.#begin();
        const watch = await this.#watch;
        return (0, call_js_1.calledBack)((callback) => watch.next(callback), this.#options);
    }
}
exports.Follow = Follow;
const DONE = { done: true, value: undefined };
