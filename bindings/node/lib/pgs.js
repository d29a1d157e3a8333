"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Pgs = exports.pgsOf = void 0;
exports.split = split;
const call_js_1 = require("./call.js");
const errors_js_1 = require("./errors.js");
const follow_js_1 = require("./follow.js");
const json_js_1 = require("./json.js");
const native_js_1 = require("./native.js");
const proxy_js_1 = require("./proxy.js");
const supervision_js_1 = require("./supervision.js");
/**
 * An open state directory: every operation on tenants. Tenants' servers outlive it, but for those of `ephemeral`.
 *
 * Operations that change something go on to their end even if nobody waits for them any more.
 */
class Pgs {
    #native;
    constructor(native) {
        this.#native = native;
    }
    static {
        exports.pgsOf = (native) => new Pgs(native);
    }
    /** Where the tenants live. */
    get stateDir() {
        return this.#native.stateDir;
    }
    /** The connection URI of a tenant behind a proxy, or behind one at this address, without a password. */
    url(id, address) {
        return this.#url(id, address, undefined);
    }
    /** The same with the password in it: a secret, for a client's configuration, never for a log. */
    urlWithPassword(id, address, password) {
        return this.#url(id, address, (0, json_js_1.text)('password', password));
    }
    /**
     * Creates a tenant, and answers when its server has answered a query. `password` of what it answers is not enumerable, so
     * that no log shows it by accident.
     */
    async create(id, options = {}) {
        const [asked, rest] = split(options);
        const created = await (0, call_js_1.call)(async () => this.#native.create((0, json_js_1.text)('id', id), (0, json_js_1.written)(asked, '')), rest);
        return Object.defineProperty(created, 'password', { enumerable: false });
    }
    /** The tenant of this name. */
    get(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.get((0, json_js_1.text)('id', id)), options);
    }
    /** Every tenant outside the trash. */
    list(options = {}) {
        return (0, call_js_1.call)(() => this.#native.list(), options);
    }
    /** Every tenant in the trash. */
    listTrash(options = {}) {
        return (0, call_js_1.call)(() => this.#native.listTrash(), options);
    }
    /** A tenant and what its server tells of itself. */
    show(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.show((0, json_js_1.text)('id', id)), options);
    }
    /** The last lines of a tenant's server log. */
    logs(id, lines = native_js_1.native.LOG_LINES, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.logs((0, json_js_1.text)('id', id), (0, json_js_1.written)(lines, 'lines')), options);
    }
    /** A page of the log of changes: at most `limit` events with numbers larger than `after`. */
    events(after = 0, limit = PAGE, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.events((0, json_js_1.written)(after, 'after'), (0, json_js_1.written)(limit, 'limit')), options);
    }
    /** The log of changes from after this number on, as it grows, whichever process changes something; 0 for all of it. */
    follow(after = 0, options = {}) {
        return (0, follow_js_1.followOf)(async () => this.#native.follow((0, json_js_1.written)(after, 'after')), options);
    }
    /** Starts a tenant's server. */
    start(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.start((0, json_js_1.text)('id', id)), options);
    }
    /** Stops a tenant's server: sessions are ended, a checkpoint is written. */
    stop(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.stop((0, json_js_1.text)('id', id)), options);
    }
    /** Stops a tenant's server in the given mode; `immediate` kills it, and it recovers at its next start. */
    stopWith(id, mode, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.stopWith((0, json_js_1.text)('id', id), (0, json_js_1.text)('mode', mode)), options);
    }
    /** Starts every tenant that is to run; what became of each. */
    startAll(options = {}) {
        return (0, call_js_1.call)(() => this.#native.startAll(), options);
    }
    /** Stops every tenant; what became of each. */
    stopAll(options = {}) {
        return (0, call_js_1.call)(() => this.#native.stopAll(), options);
    }
    /** Opens or shuts a tenant's door. */
    setAccess(id, access, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.setAccess((0, json_js_1.text)('id', id), (0, json_js_1.text)('access', access)), options);
    }
    /** Lets clients in from the next connection on. */
    enable(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.enable((0, json_js_1.text)('id', id)), options);
    }
    /** Lets no client in from the next connection on, and ends live sessions. */
    disable(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.disable((0, json_js_1.text)('id', id)), options);
    }
    /** Changes from where a tenant's clients may come, and answers from where they now may. */
    async setNetworks(id, options) {
        const [asked, rest] = split(options);
        return (0, call_js_1.call)(async () => this.#native.setNetworks((0, json_js_1.text)('id', id), (0, json_js_1.written)(asked, '')), rest);
    }
    /** Sets a tenant's password, or a generated one, and answers it. */
    setPassword(id, password, options = {}) {
        const given = () => (password === undefined ? undefined : (0, json_js_1.text)('password', password));
        return (0, call_js_1.call)(async () => this.#native.setPassword((0, json_js_1.text)('id', id), given()), options);
    }
    /** Changes a tenant's limits and settings while it runs. */
    async alter(id, options) {
        const [asked, rest] = split(options);
        return (0, call_js_1.call)(async () => this.#native.alter((0, json_js_1.text)('id', id), (0, json_js_1.written)(asked, '')), rest);
    }
    /** Refuses removing a tenant from now on. */
    protect(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.protect((0, json_js_1.text)('id', id)), options);
    }
    /** Allows removing a tenant again. */
    unprotect(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.unprotect((0, json_js_1.text)('id', id)), options);
    }
    /** Runs SQL in a tenant's database, each script once. */
    runInitScripts(id, scripts, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.runInitScripts((0, json_js_1.text)('id', id), (0, json_js_1.written)(scripts, 'scripts')), options);
    }
    /** Moves a tenant to the trash, and answers its uid. */
    remove(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.remove((0, json_js_1.text)('id', id)), options);
    }
    /** Brings a tenant back from the trash: of this name, the one removed last. */
    restore(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.restore((0, json_js_1.text)('id', id)), options);
    }
    /** Brings this tenant back from the trash. */
    restoreUid(uid, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.restoreUid((0, json_js_1.text)('uid', uid)), options);
    }
    /** Deletes a tenant for good: the one of this name, else the one of this name removed last. */
    purge(id, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.purge((0, json_js_1.text)('id', id)), options);
    }
    /** Deletes this tenant for good. */
    purgeUid(uid, options = {}) {
        return (0, call_js_1.call)(async () => this.#native.purgeUid((0, json_js_1.text)('uid', uid)), options);
    }
    /** Finishes or takes back what killed processes left unfinished. */
    recover(options = {}) {
        return (0, call_js_1.call)(() => this.#native.recover(), options);
    }
    /** Brings every tenant to where it should be. */
    reconcile(options = {}) {
        return (0, call_js_1.call)(() => this.#native.reconcile(), options);
    }
    /** Makes records for storage that has none: the way back from a lost catalogue. */
    rebuild(options = {}) {
        return (0, call_js_1.call)(() => this.#native.rebuild(), options);
    }
    /** Opens a proxy in front of all tenants: one port, on which a client names its tenant as the user. */
    async serve(options = {}) {
        const [asked, rest] = split(options);
        const begin = async () => this.#native.serve((0, json_js_1.written)(asked, ''));
        return (0, proxy_js_1.proxyOf)(await (0, call_js_1.call)(begin, rest, (late) => late.close()), this);
    }
    /** Starts servers again that die, until it is closed. */
    async supervise(options = {}) {
        const begin = () => this.#native.supervise();
        return (0, supervision_js_1.supervisionOf)(await (0, call_js_1.call)(begin, options, (late) => late.close()));
    }
    /**
     * Ends its proxies at once, and, of `ephemeral`, stops and deletes everything. Tenants of others go on. Calls after it are
     * `PGS_CLOSED`; called again, it answers the same.
     */
    close(options = {}) {
        return (0, call_js_1.call)(() => this.#native.close(), options);
    }
    async [Symbol.asyncDispose]() {
        await this.close();
    }
    #url(id, address, password) {
        const place = address instanceof proxy_js_1.Proxy ? firstOf(address) : (0, json_js_1.text)('address', address);
        try {
            return this.#native.url((0, json_js_1.text)('id', id), place, password);
        }
        catch (error) {
            throw (0, errors_js_1.thrown)(error);
        }
    }
}
exports.Pgs = Pgs;
/** Where clients find it: a port, where it has one. */
function firstOf(proxy) {
    const { address, addresses } = proxy;
    return addresses.includes(address) ? address : (addresses[0] ?? address);
}
/** The options of the native part, and those of the call itself. */
function split(options) {
    const { signal, ...asked } = (0, json_js_1.plain)(options);
    return [asked, { signal }];
}
const PAGE = 1000;
