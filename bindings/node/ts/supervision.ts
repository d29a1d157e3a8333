import { type CallOptions, call } from './call.js'
import type { NativeSupervision } from '../native.js'

/** Makes one of the native one; for this package. */
export let supervisionOf: (native: NativeSupervision) => Supervision

/** Servers that die are started again, until this or its manager is closed. It does not keep the process alive. */
export class Supervision {
  readonly #native: NativeSupervision

  private constructor(native: NativeSupervision) {
    this.#native = native
  }

  static {
    supervisionOf = (native) => new Supervision(native)
  }

  /** Ends it; servers go on. */
  close(options: CallOptions = {}): Promise<void> {
    return call(() => this.#native.close(), options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
