// `await using` of TypeScript, made for a Node.js that does not have it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ended, root, start } from './programs.mjs'
import { freeDirectory } from './support.mjs'

test('a manager and what is made of it are closed where their block ends', async (t) => {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', join(root, 'test', 'using')], { encoding: 'utf8' })
  assert.equal(status, 0, stdout)
  const compiled = join(root, 'build', 'using', 'app.mjs')
  assert.doesNotMatch(readFileSync(compiled, 'utf8'), /await using/)
  const stateDir = freeDirectory()
  t.after(() => rmSync(stateDir, { recursive: true }))
  const { code, stdout: told, stderr } = await ended(start([compiled, stateDir]))
  assert.deepEqual({ code, told, stderr }, { code: 0, told: '0 0 Follow\nthe manager is closed\nthe proxy is closed\n', stderr: '' })
})
