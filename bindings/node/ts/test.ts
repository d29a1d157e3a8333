import { randomUUID } from 'node:crypto'
import { call } from './call.js'
import { embeddedBindir } from './embedded.js'
import { invalid } from './errors.js'
import type { CreateOptions, OpenOptions, Pgs, Proxy } from './index.js'
import { plain, written } from './json.js'
import { native } from './native.js'
import { noteOver, purgeOver } from './over.js'
import { pgsOf } from './pgs.js'
import { proxyOf } from './proxy.js'
import { SHARED_STATE_DIR } from './shared.js'
import type { NativePgs, NativeProxy } from '../native.js'

/** What a test suite's tenant is made with. */
export interface TenantOptions extends Omit<CreateOptions, 'enable' | 'protect'> {
  /** How the manager is opened that all suites of this process share; the first suite decides. */
  manager?: Omit<OpenOptions, 'stateDir'>
}

/** The hooks of vitest and jest. */
export interface AllHooks {
  beforeAll: (hook: () => Promise<void>, timeout?: number) => unknown
  afterAll: (hook: () => Promise<void>, timeout?: number) => unknown
}

/** The hooks of node:test. */
export interface NodeHooks {
  before: (hook: () => Promise<void>, options?: { timeout?: number }) => unknown
  after: (hook: () => Promise<void>, options?: { timeout?: number }) => unknown
}

/** A suite's own tenant: a PostgreSQL server of its own. It is there from the suite's first hook to its last. */
export interface SuiteTenant {
  /** Its name: role and database. */
  readonly id: string
  /** Its connection URI with the password, for any driver. */
  readonly url: string
  /** The same in parts, as node-postgres takes them. */
  readonly connection: Connection
  /** The manager that all suites of this process share. */
  readonly pgs: Pgs
  /** The proxy that all suites of this process share. */
  readonly proxy: Proxy
}

/** Where a tenant is and who comes in. The password is not enumerable. */
export interface Connection {
  host: string
  port: number
  user: string
  database: string
  password: string
}

/**
 * Gives the suite it is called in a tenant of its own, in a fraction of a second: all suites of a process share a throw-away manager, which
 * makes each server as a copy of a template. With `globalSetup: '@sysnee/pgs/test/setup'` all processes of a run share one.
 *
 * ```js
 * import { after, before, test } from 'node:test' // or beforeAll, afterAll of vitest or jest
 * const db = useTenant({ before, after })
 * test('it answers', async () => {
 *   const client = new pg.Client(db.url)
 * })
 * ```
 */
export function useTenant(hooks: AllHooks | NodeHooks, options: TenantOptions = {}): SuiteTenant {
  const suite = new Suite(plain(options))
  const begin = () => suite.begin()
  const end = () => suite.end()
  const isThing = Object(hooks) === hooks
  if (isThing && 'beforeAll' in hooks) {
    hooks.beforeAll(begin, PATIENCE)
    hooks.afterAll(end, PATIENCE)
  } else if (isThing && 'before' in hooks) {
    hooks.before(begin, { timeout: PATIENCE })
    hooks.after(end, { timeout: PATIENCE })
  } else {
    throw invalid('these are no hooks of a test runner', 'pass { before, after } of node:test, or { beforeAll, afterAll } of vitest or jest')
  }
  return suite
}

interface Made {
  pgs: Pgs
  proxy: Proxy
  id: string
  password: string
}

class Suite implements SuiteTenant {
  readonly #options: TenantOptions
  #made: Made | undefined
  /** Of suites before this one. */
  #purging: Promise<void> | undefined

  constructor(options: TenantOptions) {
    this.#options = options
  }

  get id(): string {
    return this.#there().id
  }

  get url(): string {
    const { pgs, proxy, id, password } = this.#there()
    return pgs.urlWithPassword(id, proxy, password)
  }

  get connection(): Connection {
    const { proxy, id, password } = this.#there()
    const { hostname: host, port } = new URL(`tcp://${proxy.address}`)
    const connection = { host, port: Number(port), user: id, database: id, password }
    return Object.defineProperty(connection, 'password', { enumerable: false })
  }

  get pgs(): Pgs {
    return this.#there().pgs
  }

  get proxy(): Proxy {
    return this.#there().proxy
  }

  async begin(): Promise<void> {
    const { manager, ...options } = this.#options
    const { pgs, proxy } = await shared(manager)
    const { id, password } = await pgs.create(freeName(), { ...options, enable: true })
    this.#made = { pgs, proxy, id, password }
    // While the suite runs, which does not wait for it. What is left at the end goes with the manager.
    this.#purging = purgeOver(pgs).catch(warn)
  }

  async end(): Promise<void> {
    if (this.#made) noteOver(this.#made.pgs, this.#made.id)
    this.#made = undefined
    // A runner may end the process next.
    await this.#purging
  }

  #there(): Made {
    if (this.#made) return this.#made
    throw invalid('the suite has no tenant yet, or no longer', 'ask for it inside of a test or of a hook')
  }
}

async function shared(options: Omit<OpenOptions, 'stateDir'> = {}): Promise<{ pgs: Pgs; proxy: Proxy }> {
  place[SHARED] ??= openShared(options)
  const opened = await place[SHARED]
  const pgs = pgsOf(opened.pgs)
  return { pgs, proxy: proxyOf(opened.proxy, pgs) }
}

function openShared(options: Omit<OpenOptions, 'stateDir'>): Promise<Shared> {
  return call(async () => {
    const stateDir = process.env[SHARED_STATE_DIR]
    const begin = stateDir === undefined ? native.ephemeralNative : native.openNative
    const pgs = await begin(written({ ...options, stateDir }, ''), embeddedBindir())
    return { pgs, proxy: await pgs.serve('{}') }
  })
}

/** What the suites of this process share. */
interface Shared {
  pgs: NativePgs
  proxy: NativeProxy
}

const SHARED = Symbol.for('@sysnee/pgs/test')
/** The native part is loaded once for a process, while jest loads everything else anew for each file. */
const place = native as { [SHARED]?: Promise<Shared> }

function warn(error: Error): void {
  process.emitWarning(`the tenant of a suite that is over could not be deleted: ${error.message}`)
}

function freeName(): string {
  return `suite-${randomUUID()}`
}

/** Milliseconds. The first suite waits for the template, which a slow machine takes long to make. */
const PATIENCE = 300_000
