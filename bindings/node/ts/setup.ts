import { type Pgs, ephemeral } from './index.js'
import { SHARED_STATE_DIR } from './shared.js'

/**
 * For the `globalSetup` of vitest, jest or node:test: one throw-away manager for all processes of a test run, which makes its
 * template once. It is closed at the end of the run.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const pgs = await ephemeral()
  held.add(pgs)
  process.env[SHARED_STATE_DIR] = pgs.stateDir
  return async () => {
    held.delete(pgs)
    await pgs.close()
  }
}

/** A manager that is forgotten is closed. jest forgets what closes it. */
const held = new Set<Pgs>()

export { setup as globalSetup }
