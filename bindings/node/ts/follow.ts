import { type WaitOptions, call, calledBack } from './call.js'
import { AbortError } from './errors.js'
import type { Event, NativeWatch } from '../native.js'

/** Opens it; for this package. */
export let followOf: (begin: () => Promise<NativeWatch>, options: WaitOptions) => Follow

/**
 * The log of changes as it grows: `for await (const event of pgs.follow())`. It goes on until it is left, closed or aborted, or
 * until its manager is closed. Waiting for the next event does not keep the process alive, unless `ref` says so.
 */
export class Follow implements AsyncIterableIterator<Event, undefined> {
  readonly #begin: () => Promise<NativeWatch>
  readonly #options: WaitOptions
  #watch: Promise<NativeWatch> | undefined
  #closed = false

  private constructor(begin: () => Promise<NativeWatch>, options: WaitOptions) {
    this.#begin = begin
    this.#options = options
  }

  static {
    followOf = (begin, options) => new Follow(begin, options)
  }

  /** The next event, waiting until there is one. Every event comes once, in order. */
  async next(): Promise<IteratorResult<Event, undefined>> {
    if (this.#closed) return DONE
    try {
      const event = await call(() => this.#next(), this.#options)
      if (event) return { done: false, value: event }
    } catch (error) {
      if (error instanceof AbortError) this.close()
      throw error
    }
    this.#closed = true
    return DONE
  }

  /** Ends it; whoever waits for an event gets none. */
  close(): void {
    this.#closed = true
    this.#watch?.then((watch) => watch.close()).catch(() => {})
  }

  /** Ends it, as `break` does. */
  async return(): Promise<IteratorResult<Event, undefined>> {
    this.close()
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  async #next(): Promise<Event | null> {
    this.#watch ??= this.#begin()
    const watch = await this.#watch
    return calledBack<Event | null>((callback) => watch.next(callback), this.#options)
  }
}

const DONE = { done: true, value: undefined } as const
