import { ephemeral } from './index.js'
import { SHARED_STATE_DIR } from './shared.js'

/**
 * For the `globalSetup` of vitest, jest or node:test: one throw-away manager for all processes of a test run, which makes its
 * template once. It is closed at the end of the run.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const pgs = await ephemeral()
  process.env[SHARED_STATE_DIR] = pgs.stateDir
  return () => pgs.close()
}

export { setup as globalSetup }
