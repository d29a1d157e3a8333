import { AbortError, thrown } from './errors.js'
import { plain, wrong } from './json.js'

/** What every call takes as, or in, its last argument. */
export interface CallOptions {
  /**
   * Aborts the waiting: the call rejects at once with an `AbortError`. What was begun goes on to its end, so that nothing stays
   * half-made.
   */
  signal?: AbortSignal | undefined
}

/** What a call takes that waits for what may never happen. */
export interface WaitOptions extends CallOptions {
  /** Whether the process is kept alive while it waits. Default: no. */
  ref?: boolean | undefined
}

/**
 * What a call of the native part answers, unless it is aborted before.
 *
 * @param undo what becomes of an answer that comes when nobody waits for it any more
 */
export async function call<T>(
  begin: () => Promise<T>,
  options: CallOptions = {},
  undo?: (late: T) => unknown,
): Promise<T> {
  try {
    const { signal } = plain(options)
    if (signal === undefined) return await begin()
    if (!isSignal(signal)) throw wrong('signal', signal, 'an AbortSignal')
    if (signal.aborted) throw new AbortError(signal.reason)
    return await unlessAborted(begin(), signal, undo)
  } catch (error) {
    throw thrown(error)
  }
}

/** What calls back once, as a promise. Where that is waited for with `ref`, it keeps the process alive until it is aborted. */
export async function calledBack<T>(
  begin: (callback: (error: Error | null, answer?: T) => void) => void,
  { ref = false, signal }: WaitOptions = {},
): Promise<T> {
  const alive = ref && !signal?.aborted ? setInterval(() => {}, LONG) : undefined
  const release = () => clearInterval(alive)
  signal?.addEventListener('abort', release, { once: true })
  try {
    return await new Promise((resolve, reject) => {
      begin((error, answer) => (error ? reject(error) : resolve(answer as T)))
    })
  } finally {
    release()
    signal?.removeEventListener('abort', release)
  }
}

/** Of this or another realm, so not by its class. */
export function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
}

/** The longest that a timer takes, in milliseconds. */
const LONG = 2 ** 31 - 1

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, undo?: (late: T) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(new AbortError(signal.reason))
      // Nobody waits for this one, so its failure is nobody's either.
      work.then(undo).catch(() => {})
    }
    signal.addEventListener('abort', abort, { once: true })
    const done = () => signal.removeEventListener('abort', abort)
    work.then(resolve, reject).finally(done)
  })
}
