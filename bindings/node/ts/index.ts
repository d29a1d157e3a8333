import { type CallOptions, call } from './call.js'
import { embeddedBindir } from './embedded.js'
import { written } from './json.js'
import { native } from './native.js'
import type { OpenOptions } from './options.js'
import { Pgs, pgsOf, split } from './pgs.js'

export type { CallOptions, WaitOptions } from './call.js'
export { AbortError, PgsError, type PgsErrorCode } from './errors.js'
export { Follow } from './follow.js'
export type * from './options.js'
export { Pgs } from './pgs.js'
export { Proxy } from './proxy.js'
export { Supervision } from './supervision.js'
export type {
  Alteration,
  Ban,
  Counters,
  Created,
  DrainReport,
  Event,
  Failure,
  Limits,
  Listening,
  Moment,
  Networks,
  Orphan,
  Outcome,
  Reconciled,
  Report,
  ScriptOutcome,
  Session,
  Stats,
  Tenant,
  TenantView,
  Unreachable,
  Usage,
} from '../native.js'

/**
 * Opens a state directory, making it if it is not there: its path, or the keys of `pgs.toml`. Any number of processes may open
 * the same one; they see the same tenants. What killed processes left unfinished is finished or taken back first.
 *
 * ```js
 * const pgs = await open('./state')
 * const { password } = await pgs.create('acme', { enable: true })
 * const proxy = await pgs.serve({ listen: '127.0.0.1:5432' })
 * console.log(pgs.url('acme', proxy)) // postgresql://acme@127.0.0.1:5432/acme
 * ```
 */
export async function open(options: string | (OpenOptions & CallOptions) = {}): Promise<Pgs> {
  return opened(native.openNative, typeof options === 'string' ? { stateDir: options } : options)
}

/**
 * Opens a throw-away manager in a temporary directory: what a test suite wants. `close` stops and deletes everything; where it is
 * not closed, that happens at the end of the process, and where that is killed, when the next one is opened.
 */
export async function ephemeral(options: Omit<OpenOptions, 'stateDir'> & CallOptions = {}): Promise<Pgs> {
  return opened(native.ephemeralNative, options)
}

async function opened(begin: typeof native.openNative, options: OpenOptions & CallOptions): Promise<Pgs> {
  const [asked, rest] = split(options)
  const opening = async () => begin(written(asked, ''), embeddedBindir())
  return pgsOf(await call(opening, rest, (late) => late.close()))
}
