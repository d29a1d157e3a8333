/** What an error of pgs is about. Each is the name of a kind of error in Rust; `PGS_CLOSED` is what is asked of a manager or a
 * proxy after it was closed. */
export type PgsErrorCode =
  | 'PGS_ALREADY_EXISTS'
  | 'PGS_BUSY'
  | 'PGS_CLOSED'
  | 'PGS_CONFLICT'
  | 'PGS_CORRUPT'
  | 'PGS_INIT_SCRIPT'
  | 'PGS_INSTANCE_FAILED'
  | 'PGS_INTERNAL'
  | 'PGS_INVALID_INPUT'
  | 'PGS_MISSING_DEPENDENCY'
  | 'PGS_NOT_FOUND'
  | 'PGS_PERMISSION_DENIED'
  | 'PGS_PROTECTED'
  | 'PGS_RESOURCE_EXHAUSTED'
  | 'PGS_TIMEOUT'
  | 'PGS_UNSUPPORTED'
  | 'PGS_WRONG_STATE'

interface Fault {
  code: PgsErrorCode
  message: string
  remedy: string | null
  retryable: boolean
}

/** The private constructor, for this package. */
let errorOf: (fault: Fault, options?: ErrorOptions) => PgsError

/** Every error of pgs. Ask its `code`, never its text. */
export class PgsError extends Error {
  /** For programs, such as `PGS_ALREADY_EXISTS`. */
  readonly code: PgsErrorCode
  /** The one thing to try next, where there is one. */
  readonly remedy: string | null
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean

  private constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.message, options)
    this.code = fault.code
    this.remedy = fault.remedy
    this.retryable = fault.retryable
  }

  static {
    errorOf = (fault, options) => new PgsError(fault, options)
    Object.defineProperty(this.prototype, 'name', { value: 'PgsError', configurable: true, writable: true })
  }
}

/** What a call that was aborted rejects with. What it began goes on to its end. */
export class AbortError extends Error {
  readonly code = 'ABORT_ERR'

  /** @param cause the reason of the signal */
  constructor(cause?: unknown) {
    super('The operation was aborted', { cause })
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'AbortError', configurable: true, writable: true })
  }
}

/** An argument that is none. */
export function invalid(message: string, remedy: string | null = null): PgsError {
  return errorOf({ code: 'PGS_INVALID_INPUT', message, remedy, retryable: false })
}

/** What the native part threw, as an error of this package. */
export function thrown(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PgsError || error instanceof AbortError) return error
  const fault = faultIn(error.message)
  return fault ? errorOf(fault) : errorOf(unforeseen(error), { cause: error })
}

function faultIn(text: string): Fault | undefined {
  try {
    const fault = JSON.parse(text)
    return typeof fault?.code === 'string' ? fault : undefined
  } catch {
    return undefined
  }
}

function unforeseen(error: Error): Fault {
  return { code: 'PGS_INTERNAL', message: error.message, remedy: null, retryable: false }
}
