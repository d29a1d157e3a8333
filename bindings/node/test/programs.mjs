// Small programs that run in processes of their own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
export const command = join(root, 'bin', 'pgs.js')

/** Runs ES module text, and answers how it ended and what it said. */
export function program(text, { flags = [], env = {} } = {}) {
  return ended(start(['--input-type=module', ...flags, '--eval', text], env))
}

/** Runs the package's `pgs` command, and answers how it ended and what it said. */
export function pgsCommand(args, env = {}) {
  return ended(start([command, ...args], env))
}

/** Starts Node.js with these arguments. */
export function start(args, env = {}) {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  child.said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => (child.said[stream] += text))
  }
  return child
}

/** How it ended: its exit code, or the signal that killed it, and all it said. */
export async function ended(child, patience = 120_000) {
  const timer = setTimeout(() => child.kill('SIGKILL'), patience)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  return { code, signal, ...child.said }
}

/** Ready when it has said a text that matches. */
export async function said(child, stream, pattern) {
  while (!pattern.test(child.said[stream])) {
    const outcome = await Promise.race([
      once(child[stream], 'data').then(() => 'data'),
      once(child, 'close').then(() => 'close'),
    ])
    if (outcome === 'close' && !pattern.test(child.said[stream])) {
      throw new Error(`it ended before it said ${pattern}: ${JSON.stringify(child.said)}`)
    }
  }
  return child.said[stream].match(pattern)
}
