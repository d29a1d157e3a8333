"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Proxy = exports.proxyOf = void 0;
const call_js_1 = require("./call.js");
const json_js_1 = require("./json.js");
/**
 * A running proxy. It goes on until it is shut down or closed, or until its manager is closed. It does not keep the process
 * alive: a program that is nothing but a proxy is `pgs serve`.
 */
class Proxy {
    #native;
    constructor(native, manager) {
        this.#native = native;
        managers.set(this, manager);
    }
    static {
        exports.proxyOf = (native, manager) => new Proxy(native, manager);
    }
    /** The address of the first listener that has a port, such as `127.0.0.1:5432`. Port 0 where all are Unix sockets. */
    get address() {
        return this.#native.address;
    }
    /** Every listener's address. */
    get addresses() {
        return this.#native.addresses;
    }
    /** Every listener's address as it is configured, and as it is. */
    get listening() {
        return this.#native.listening;
    }
    /** Where metrics are served, if they are. */
    get metricsAddress() {
        return this.#native.metricsAddress;
    }
    /** The addresses that other machines can reach and at which no TLS is spoken. */
    get exposed() {
        return this.#native.exposed;
    }
    /** The processes that it took over from; empty where there were none. */
    get predecessors() {
        return this.#native.predecessors;
    }
    /** The live sessions, the oldest first. */
    sessions(options = {}) {
        return (0, call_js_1.call)(() => this.#native.sessions(), options);
    }
    /** Who is turned away now for failed logins, the longest ban first. */
    bans(options = {}) {
        return (0, call_js_1.call)(() => this.#native.bans(), options);
    }
    /** Forgets the failures of an IP address at a tenant; whether it was banned. */
    unban(tenant, address, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.unban((0, json_js_1.text)('tenant', tenant), (0, json_js_1.text)('address', address)), options);
    }
    /** What it has counted so far. */
    counters(options = {}) {
        return (0, call_js_1.call)(() => this.#native.counters(), options);
    }
    /** Reads the configured certificates again; what is no good leaves the old ones in use. Changed files are also noticed
     * without this. */
    reloadCertificates(options = {}) {
        return (0, call_js_1.call)(() => this.#native.reloadCertificates(), options);
    }
    /**
     * Waits until another process has taken over, and tells its id where the system does; `PGS_CLOSED` if it ends before. Waiting
     * does not keep the process alive, unless `ref` says so.
     */
    replaced(options = {}) {
        return (0, call_js_1.call)(() => (0, call_js_1.calledBack)((callback) => this.#native.replaced(callback), options), options);
    }
    /** Lets in nobody new, and ends the sessions: by themselves within the drain grace, then by their servers. */
    shutdown(options = {}) {
        return (0, call_js_1.call)(() => this.#native.shutdown(), options);
    }
    /**
     * The same, but no grace lasts longer than until `cut` settles or is aborted; then the sessions that are left are cut. If `cut`
     * fails until then, they are cut, too, and this fails with its reason.
     */
    async shutdownUntil(cut, options = {}) {
        const end = () => void this.#native.close().catch(() => { });
        const failures = [];
        const report = await (0, call_js_1.call)(async () => {
            if (!(0, call_js_1.isSignal)(cut) && !isPromise(cut))
                throw (0, json_js_1.wrong)('cut', cut, 'a promise or an AbortSignal');
            const ended = this.#native.shutdown();
            const forget = whenReady(cut, end, failures);
            return ended.finally(forget);
        }, options);
        // As it is, and not as an error of pgs.
        if (failures.length > 0)
            throw failures[0];
        return report;
    }
    /** Waits for the end of the last session after another process has taken over, and tells how the sessions ended. */
    finished(options = {}) {
        return (0, call_js_1.call)(() => this.#native.finished(), options);
    }
    /** Lets in nobody new, and ends the sessions at once. Called again, it answers the same. */
    close(options = {}) {
        return (0, call_js_1.call)(() => this.#native.close(), options);
    }
    async [Symbol.asyncDispose]() {
        await this.close();
    }
}
exports.Proxy = Proxy;
/** So that nobody forgets a manager while its proxy is in use. */
const managers = new WeakMap();
/** Acts once, unless it is forgotten before, and keeps why a promise failed. */
function whenReady(cut, act, failures) {
    if ((0, call_js_1.isSignal)(cut)) {
        if (cut.aborted)
            act();
        else
            cut.addEventListener('abort', act, { once: true });
        return () => cut.removeEventListener('abort', act);
    }
    let isForgotten = false;
    const once = () => {
        if (!isForgotten)
            act();
    };
    cut.then(once, (reason) => {
        failures.push(reason);
        once();
    });
    return () => {
        isForgotten = true;
    };
}
function isPromise(value) {
    const mayHave = (typeof value === 'object' && value !== null) || typeof value === 'function';
    return mayHave && 'then' in value && typeof value.then === 'function';
}
