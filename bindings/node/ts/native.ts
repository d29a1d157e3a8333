import { isMainThread } from 'node:worker_threads'
import type * as Native from '../native.js'

/** The native part. Its loader is generated beside this package's entry. */
export const native: typeof Native = require('../native.js')

native.ownManagers(isMainThread)
