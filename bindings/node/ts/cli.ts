import { embeddedBindir } from './embedded.js'
import { native } from './native.js'

/** Runs the `pgs` command in this process. `script` is what Node.js was started with, to start it once more. */
export function main(script: string): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) giveBack(signal)
  process.exitCode = native.runCommand(process.execPath, [script], process.argv.slice(2), embeddedBindir())
}

/**
 * Node.js ends itself at these signals by a handler of its own, which the command's would call as well. Listening and no longer
 * listening leaves the signal to the system's default, and so to the command.
 */
function giveBack(signal: NodeJS.Signals): void {
  process.on(signal, ignored)
  process.off(signal, ignored)
}

function ignored(): void {}
