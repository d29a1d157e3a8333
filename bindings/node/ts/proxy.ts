import { type CallOptions, type WaitOptions, call, calledBack, isSignal } from './call.js'
import { text, wrong } from './json.js'
import type { Ban, Counters, DrainReport, Listening, NativeProxy, Session } from '../native.js'

/** Makes one of the native one; for this package. */
export let proxyOf: (native: NativeProxy, manager: object) => Proxy

/**
 * A running proxy. It goes on until it is shut down or closed, or until its manager is closed. It does not keep the process
 * alive: a program that is nothing but a proxy is `pgs serve`.
 */
export class Proxy {
  readonly #native: NativeProxy
  private constructor(native: NativeProxy, manager: object) {
    this.#native = native
    managers.set(this, manager)
  }

  static {
    proxyOf = (native, manager) => new Proxy(native, manager)
  }

  /** The address of the first listener that has a port, such as `127.0.0.1:5432`. Port 0 where all are Unix sockets. */
  get address(): string {
    return this.#native.address
  }

  /** Every listener's address. */
  get addresses(): string[] {
    return this.#native.addresses
  }

  /** Every listener's address as it is configured, and as it is. */
  get listening(): Listening[] {
    return this.#native.listening
  }

  /** Where metrics are served, if they are. */
  get metricsAddress(): string | null {
    return this.#native.metricsAddress
  }

  /** The addresses that other machines can reach and at which no TLS is spoken. */
  get exposed(): string[] {
    return this.#native.exposed
  }

  /** The processes that it took over from; empty where there were none. */
  get predecessors(): number[] {
    return this.#native.predecessors
  }

  /** The live sessions, the oldest first. */
  sessions(options: CallOptions = {}): Promise<Session[]> {
    return call(() => this.#native.sessions(), options)
  }

  /** Who is turned away now for failed logins, the longest ban first. */
  bans(options: CallOptions = {}): Promise<Ban[]> {
    return call(() => this.#native.bans(), options)
  }

  /** Forgets the failures of an IP address at a tenant; whether it was banned. */
  unban(tenant: string, address: string, options: CallOptions = {}): Promise<boolean> {
    return call(async () => this.#native.unban(text('tenant', tenant), text('address', address)), options)
  }

  /** What it has counted so far. */
  counters(options: CallOptions = {}): Promise<Counters> {
    return call(() => this.#native.counters(), options)
  }

  /** Reads the configured certificates again; what is no good leaves the old ones in use. Changed files are also noticed
   * without this. */
  reloadCertificates(options: CallOptions = {}): Promise<void> {
    return call(() => this.#native.reloadCertificates(), options)
  }

  /**
   * Waits until another process has taken over, and tells its id where the system does; `PGS_CLOSED` if it ends before. Waiting
   * does not keep the process alive, unless `ref` says so.
   */
  replaced(options: WaitOptions = {}): Promise<number | null> {
    return call(() => calledBack<number | null>((callback) => this.#native.replaced(callback), options), options)
  }

  /** Lets in nobody new, and ends the sessions: by themselves within the drain grace, then by their servers. */
  shutdown(options: CallOptions = {}): Promise<DrainReport> {
    return call(() => this.#native.shutdown(), options)
  }

  /**
   * The same, but no grace lasts longer than until `cut` settles or is aborted; then the sessions that are left are cut. If `cut`
   * fails until then, they are cut, too, and this fails with its reason.
   */
  async shutdownUntil(cut: PromiseLike<unknown> | AbortSignal, options: CallOptions = {}): Promise<DrainReport> {
    const end = () => void this.#native.close().catch(() => {})
    const failures: unknown[] = []
    const report = await call(async () => {
      if (!isSignal(cut) && !isPromise(cut)) throw wrong('cut', cut, 'a promise or an AbortSignal')
      const ended = this.#native.shutdown()
      const forget = whenReady(cut, end, failures)
      return ended.finally(forget)
    }, options)
    // As it is, and not as an error of pgs.
    if (failures.length > 0) throw failures[0]
    return report
  }

  /** Waits for the end of the last session after another process has taken over, and tells how the sessions ended. */
  finished(options: CallOptions = {}): Promise<DrainReport> {
    return call(() => this.#native.finished(), options)
  }

  /** Lets in nobody new, and ends the sessions at once. Called again, it answers the same. */
  close(options: CallOptions = {}): Promise<DrainReport> {
    return call(() => this.#native.close(), options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** So that nobody forgets a manager while its proxy is in use. */
const managers = new WeakMap<Proxy, object>()

/** Acts once, unless it is forgotten before, and keeps why a promise failed. */
function whenReady(cut: PromiseLike<unknown> | AbortSignal, act: () => void, failures: unknown[]): () => void {
  if (isSignal(cut)) {
    if (cut.aborted) act()
    else cut.addEventListener('abort', act, { once: true })
    return () => cut.removeEventListener('abort', act)
  }
  let isForgotten = false
  const once = () => {
    if (!isForgotten) act()
  }
  cut.then(once, (reason: unknown) => {
    failures.push(reason)
    once()
  })
  return () => {
    isForgotten = true
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  const mayHave = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return mayHave && 'then' in value && typeof value.then === 'function'
}
