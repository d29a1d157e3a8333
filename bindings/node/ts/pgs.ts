import { type CallOptions, type WaitOptions, call } from './call.js'
import { thrown } from './errors.js'
import { type Follow, followOf } from './follow.js'
import { plain, text, written } from './json.js'
import { native } from './native.js'
import type { AlterOptions, CreateOptions, InitScript, NetworksOptions, ServeOptions } from './options.js'
import { Proxy, proxyOf } from './proxy.js'
import { type Supervision, supervisionOf } from './supervision.js'
import type {
  Alteration,
  Created,
  Event,
  NativePgs,
  Networks,
  Outcome,
  Report,
  ScriptOutcome,
  Tenant,
  TenantView,
} from '../native.js'

/** Makes one of the native one; for this package. */
export let pgsOf: (native: NativePgs) => Pgs

/**
 * An open state directory: every operation on tenants. Tenants' servers outlive it, but for those of `ephemeral`.
 *
 * Operations that change something go on to their end even if nobody waits for them any more.
 */
export class Pgs {
  readonly #native: NativePgs

  private constructor(native: NativePgs) {
    this.#native = native
  }

  static {
    pgsOf = (native) => new Pgs(native)
  }

  /** Where the tenants live. */
  get stateDir(): string {
    return this.#native.stateDir
  }

  /** The connection URI of a tenant behind a proxy, or behind one at this address, without a password. */
  url(id: string, address: string | Proxy): string {
    return this.#url(id, address, undefined)
  }

  /** The same with the password in it: a secret, for a client's configuration, never for a log. */
  urlWithPassword(id: string, address: string | Proxy, password: string): string {
    return this.#url(id, address, text('password', password))
  }

  /**
   * Creates a tenant, and answers when its server has answered a query. `password` of what it answers is not enumerable, so
   * that no log shows it by accident.
   */
  async create(id: string, options: CreateOptions & CallOptions = {}): Promise<Created> {
    const [asked, rest] = split(options)
    const created = await call(async () => this.#native.create(text('id', id), written(asked, '')), rest)
    return Object.defineProperty(created, 'password', { enumerable: false })
  }

  /** The tenant of this name. */
  get(id: string, options: CallOptions = {}): Promise<Tenant> {
    return call(async () => this.#native.get(text('id', id)), options)
  }

  /** Every tenant outside the trash. */
  list(options: CallOptions = {}): Promise<Tenant[]> {
    return call(() => this.#native.list(), options)
  }

  /** Every tenant in the trash. */
  listTrash(options: CallOptions = {}): Promise<Tenant[]> {
    return call(() => this.#native.listTrash(), options)
  }

  /** A tenant and what its server tells of itself. */
  show(id: string, options: CallOptions = {}): Promise<TenantView> {
    return call(async () => this.#native.show(text('id', id)), options)
  }

  /** The last lines of a tenant's server log. */
  logs(id: string, lines: number = native.LOG_LINES, options: CallOptions = {}): Promise<string> {
    return call(async () => this.#native.logs(text('id', id), written(lines, 'lines')), options)
  }

  /** A page of the log of changes: at most `limit` events with numbers larger than `after`. */
  events(after: number | bigint = 0, limit: number = PAGE, options: CallOptions = {}): Promise<Event[]> {
    return call(async () => this.#native.events(written(after, 'after'), written(limit, 'limit')), options)
  }

  /** The log of changes from after this number on, as it grows, whichever process changes something; 0 for all of it. */
  follow(after: number | bigint = 0, options: WaitOptions = {}): Follow {
    return followOf(async () => this.#native.follow(written(after, 'after')), options)
  }

  /** Starts a tenant's server. */
  start(id: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.start(text('id', id)), options)
  }

  /** Stops a tenant's server: sessions are ended, a checkpoint is written. */
  stop(id: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.stop(text('id', id)), options)
  }

  /** Stops a tenant's server in the given mode; `immediate` kills it, and it recovers at its next start. */
  stopWith(id: string, mode: 'fast' | 'immediate', options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.stopWith(text('id', id), text('mode', mode)), options)
  }

  /** Starts every tenant that is to run; what became of each. */
  startAll(options: CallOptions = {}): Promise<Outcome[]> {
    return call(() => this.#native.startAll(), options)
  }

  /** Stops every tenant; what became of each. */
  stopAll(options: CallOptions = {}): Promise<Outcome[]> {
    return call(() => this.#native.stopAll(), options)
  }

  /** Opens or shuts a tenant's door. */
  setAccess(id: string, access: 'enabled' | 'disabled', options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.setAccess(text('id', id), text('access', access)), options)
  }

  /** Lets clients in from the next connection on. */
  enable(id: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.enable(text('id', id)), options)
  }

  /** Lets no client in from the next connection on, and ends live sessions. */
  disable(id: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.disable(text('id', id)), options)
  }

  /** Changes from where a tenant's clients may come, and answers from where they now may. */
  async setNetworks(id: string, options: NetworksOptions & CallOptions): Promise<Networks> {
    const [asked, rest] = split(options)
    return call(async () => this.#native.setNetworks(text('id', id), written(asked, '')), rest)
  }

  /** Sets a tenant's password, or a generated one, and answers it. */
  setPassword(id: string, password?: string, options: CallOptions = {}): Promise<string> {
    const given = () => (password === undefined ? undefined : text('password', password))
    return call(async () => this.#native.setPassword(text('id', id), given()), options)
  }

  /** Changes a tenant's limits and settings while it runs. */
  async alter(id: string, options: AlterOptions & CallOptions): Promise<Alteration> {
    const [asked, rest] = split(options)
    return call(async () => this.#native.alter(text('id', id), written(asked, '')), rest)
  }

  /** Refuses removing a tenant from now on. */
  protect(id: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.protect(text('id', id)), options)
  }

  /** Allows removing a tenant again. */
  unprotect(id: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.unprotect(text('id', id)), options)
  }

  /** Runs SQL in a tenant's database, each script once. */
  runInitScripts(id: string, scripts: InitScript[], options: CallOptions = {}): Promise<ScriptOutcome[]> {
    return call(async () => this.#native.runInitScripts(text('id', id), written(scripts, 'scripts')), options)
  }

  /** Moves a tenant to the trash, and answers its uid. */
  remove(id: string, options: CallOptions = {}): Promise<string> {
    return call(async () => this.#native.remove(text('id', id)), options)
  }

  /** Brings a tenant back from the trash: of this name, the one removed last. */
  restore(id: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.restore(text('id', id)), options)
  }

  /** Brings this tenant back from the trash. */
  restoreUid(uid: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.restoreUid(text('uid', uid)), options)
  }

  /** Deletes a tenant for good: the one of this name, else the one of this name removed last. */
  purge(id: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.purge(text('id', id)), options)
  }

  /** Deletes this tenant for good. */
  purgeUid(uid: string, options: CallOptions = {}): Promise<void> {
    return call(async () => this.#native.purgeUid(text('uid', uid)), options)
  }

  /** Finishes or takes back what killed processes left unfinished. */
  recover(options: CallOptions = {}): Promise<Report> {
    return call(() => this.#native.recover(), options)
  }

  /** Brings every tenant to where it should be. */
  reconcile(options: CallOptions = {}): Promise<Report> {
    return call(() => this.#native.reconcile(), options)
  }

  /** Makes records for storage that has none: the way back from a lost catalogue. */
  rebuild(options: CallOptions = {}): Promise<Report> {
    return call(() => this.#native.rebuild(), options)
  }

  /** Opens a proxy in front of all tenants: one port, on which a client names its tenant as the user. */
  async serve(options: ServeOptions & CallOptions = {}): Promise<Proxy> {
    const [asked, rest] = split(options)
    const begin = async () => this.#native.serve(written(asked, ''))
    return proxyOf(await call(begin, rest, (late) => late.close()), this)
  }

  /** Starts servers again that die, until it is closed. */
  async supervise(options: CallOptions = {}): Promise<Supervision> {
    const begin = () => this.#native.supervise()
    return supervisionOf(await call(begin, options, (late) => late.close()))
  }

  /**
   * Ends its proxies at once, and, of `ephemeral`, stops and deletes everything. Tenants of others go on. Calls after it are
   * `PGS_CLOSED`; called again, it answers the same.
   */
  close(options: CallOptions = {}): Promise<void> {
    return call(() => this.#native.close(), options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #url(id: string, address: string | Proxy, password: string | undefined): string {
    const place = address instanceof Proxy ? firstOf(address) : text('address', address)
    try {
      return this.#native.url(text('id', id), place, password)
    } catch (error) {
      throw thrown(error)
    }
  }
}

/** Where clients find it: a port, where it has one. */
function firstOf(proxy: Proxy): string {
  const { address, addresses } = proxy
  return addresses.includes(address) ? address : (addresses[0] ?? address)
}

/** The options of the native part, and those of the call itself. */
export function split<T extends object>(options: T & CallOptions): [Omit<T, keyof CallOptions>, CallOptions] {
  const { signal, ...asked } = plain(options)
  return [asked, { signal }]
}

const PAGE = 1000
