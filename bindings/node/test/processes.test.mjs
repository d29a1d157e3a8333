// What happens when JavaScript ends, or forgets, with something of this package still going on.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ephemeral } from '@sysnee/pgs'
import { happened, house, isAlive, leave, rejects } from './support.mjs'
import { ended, program, said, start } from './programs.mjs'

let pgs

before(async () => {
  pgs = await house()
  // Makes the template, so that no process that is killed leaves an initdb behind.
  await pgs.create('first')
})
after(leave)

/** The number of the newest event. */
async function newest() {
  return (await pgs.events(0, 1_000_000)).at(-1)?.seq ?? 0
}

const opened = () => `import { open, ephemeral } from '@sysnee/pgs'; const pgs = await open(${JSON.stringify(pgs.stateDir)});`

test('nothing that is open keeps a process alive', async () => {
  const { code, stderr, stdout } = await program(`${opened()}
    const proxy = await pgs.serve({ replaceable: true })
    await pgs.supervise()
    proxy.replaced().catch(() => {})
    pgs.follow(1_000_000).next()
    console.log('ready')`)
  assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: '', stdout: 'ready\n' })
})

test('what is aborted no longer keeps it alive', async () => {
  const { code, stdout, stderr } = await program(`${opened()}
    const abort = new AbortController()
    const { signal } = abort
    const proxy = await pgs.serve({ replaceable: true })
    const waiting = [proxy.replaced({ ref: true, signal }), pgs.follow(1_000_000, { ref: true, signal }).next()]
    abort.abort()
    for (const one of waiting) await one.catch((error) => console.log(error.name))`)
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'AbortError\nAbortError\n', stderr: '' })
})

test('a call that is waited for keeps it alive', async () => {
  const { code, stdout } = await program(`${opened()} await pgs.create('waited-for'); console.log('made')`)
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'made\n' })
})

test('a process that ends with calls in flight ends, and leaves nothing half-made', async () => {
  const last = await newest()
  const { code, signal, stderr } = await program(`${opened()}
    const creating = Array.from({ length: 4 }, (_, n) => pgs.create('in-flight-' + n))
    for await (const event of pgs.follow(${last}, { ref: true })) if (event.kind === 'creating') break
    process.exit(3)`)
  assert.deepEqual({ code, signal, stderr }, { code: 3, signal: null, stderr: '' })
  const { problems } = await pgs.recover()
  assert.deepEqual(problems, [])
  for (const { id, state } of await pgs.list()) {
    if (id.startsWith('in-flight')) assert.equal(state, 'running')
  }
})

test('a promise that is thrown away is nobody\'s rejection but its own', async () => {
  const { code, stderr } = await program(`${opened()}
    pgs.create('waited-for').catch(() => {})
    const abort = new AbortController()
    const aborted = pgs.create('waited-for', { signal: abort.signal })
    abort.abort()
    await aborted.catch(() => {})
    await pgs.list()`)
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
})

test('a manager that is forgotten is closed, and holds up nobody', async () => {
  const { code, stdout, stderr } = await program(
    `import { ephemeral } from '@sysnee/pgs'
    import { existsSync, watch } from 'node:fs'
    import { dirname, basename } from 'node:path'
    async function forgotten() {
      const throwaway = await ephemeral()
      await throwaway.create('acme')
      return throwaway.stateDir
    }
    const stateDir = await forgotten()
    const gone = new Promise((resolve) => {
      watch(dirname(stateDir), () => existsSync(stateDir) || resolve())
      if (!existsSync(stateDir)) resolve()
    })
    let longest = 0, before = performance.now()
    const beat = setInterval(() => {
      globalThis.gc()
      longest = Math.max(longest, performance.now() - before)
      before = performance.now()
    }, 10)
    await gone
    clearInterval(beat)
    console.log(longest < 1000 ? 'gone' : 'held up for ' + longest)
    process.exit(0)`,
    { flags: ['--expose-gc'] },
  )
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'gone\n', stderr: '' })
})

for (const [how, end] of [
  ['by itself', ''],
  ['by process.exit', 'process.exit(0)'],
  ['by an error', "setImmediate(() => { throw new Error('on purpose') }); await new Promise(() => setInterval(() => {}, 1000))"],
]) {
  test(`a throw-away manager is closed when its process ends ${how}`, async () => {
    const { stdout } = await program(`import { ephemeral } from '@sysnee/pgs'
      const throwaway = await ephemeral()
      const { uid } = await throwaway.create('acme')
      const { readFileSync } = await import('node:fs')
      const [pid] = readFileSync(throwaway.stateDir + '/tenants/' + uid + '/data/postmaster.pid', 'utf8').split('\\n')
      console.log(JSON.stringify({ stateDir: throwaway.stateDir, pid: Number(pid) }))
      ${end}`)
    const { stateDir, pid } = JSON.parse(stdout)
    assert.ok(!existsSync(stateDir), stateDir)
    assert.ok(!isAlive(pid))
  })
}

test('tenants of a killed process are intact and adopted', async () => {
  const child = start(['--input-type=module', '--eval', `${opened()}
    const { uid } = await pgs.create('survivor')
    const proxy = await pgs.serve()
    console.log(uid)
    setInterval(() => {}, 1000)`])
  const [uid] = await said(child, 'stdout', /[0-9a-f-]{36}/)
  child.kill('SIGKILL')
  const { problems } = await pgs.reconcile()
  assert.deepEqual(problems, [])
  const found = await pgs.get('survivor')
  assert.deepEqual([found.uid, found.state], [uid, 'running'])
  assert.equal((await pgs.show('survivor')).isUp, true)
})

/** Ready when there is no such directory any more. */
function disappeared(directory) {
  return new Promise((resolve) => {
    const watcher = watch(join(directory, '..'), look)
    function look() {
      if (existsSync(directory)) return
      watcher.close()
      resolve()
    }
    look()
  })
}

test('a throw-away manager of a killed process is taken down by the next one', async () => {
  const child = start(['--input-type=module', '--eval', `import { ephemeral } from '@sysnee/pgs'
    const throwaway = await ephemeral()
    await throwaway.create('acme')
    console.log(throwaway.stateDir)
    setInterval(() => {}, 1000)`])
  const [stateDir] = await said(child, 'stdout', /\/\S+/)
  child.kill('SIGKILL')
  await ended(child)
  assert.ok(existsSync(stateDir))
  const next = await ephemeral()
  await disappeared(stateDir)
  await next.close()
})

/** A worker that runs this text, and says 'ready' when it is. */
function worker(text) {
  const prelude = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { open, ephemeral } = require('@sysnee/pgs')`
  return new Worker(`${prelude};(async () => {${text}})()`, { eval: true, workerData: { stateDir: pgs.stateDir } })
}

/** The next message of a worker, or its error. */
function message(of) {
  return new Promise((resolve, reject) => {
    of.once('message', resolve).once('error', reject)
  })
}

test('a worker may use it, and end', async () => {
  const one = worker(`
    const pgs = await open(workerData.stateDir)
    await pgs.create('by-worker')
    parentPort.postMessage((await pgs.list()).length)`)
  const ended = new Promise((resolve) => one.once('exit', resolve))
  assert.ok((await message(one)) >= 1)
  assert.equal(await ended, 0)
})

test('a worker that is terminated with calls in flight ends, and what it began goes on', async () => {
  const last = await newest()
  const workers = Array.from({ length: 3 }, (_, n) =>
    worker(`
      const pgs = await open(workerData.stateDir)
      pgs.create('terminated-${n}').catch(() => {})
      for (const follow of [pgs.follow(), pgs.follow(1_000_000)]) follow.next().catch(() => {})
      const proxy = await pgs.serve({ replaceable: true })
      proxy.replaced().catch(() => {})
      for await (const event of pgs.follow(${last}, { ref: true })) if (event.id === 'terminated-${n}') break
      parentPort.postMessage('ready')
      await new Promise(() => setInterval(() => {}, 1000))`),
  )
  await Promise.all(workers.map(message))
  await Promise.all(workers.map((one) => one.terminate()))
  const wanted = new Set(['terminated-0', 'terminated-1', 'terminated-2'])
  for await (const { id, kind } of pgs.follow(last, { ref: true })) {
    if (kind === 'created') wanted.delete(id)
    if (wanted.size === 0) break
  }
  for (const n of [0, 1, 2]) assert.equal((await pgs.get(`terminated-${n}`)).state, 'running')
})

for (const [number, [how, end, isTerminated]] of [
  ['is terminated', 'await new Promise(() => setInterval(() => {}, 1000))', true],
  ['ends by itself', ''],
  ['calls process.exit', 'process.exit(1)'],
  ['fails', "throw new Error('on purpose')"],
].entries()) {
  test(`the port of a worker that ${how} is free, and its tenants go on`, async () => {
    const id = `left-behind-${number}`
    const one = worker(`
      const pgs = await open(workerData.stateDir)
      await pgs.create('${id}')
      const proxy = await pgs.serve({ listen: '127.0.0.1:0' })
      await pgs.supervise()
      parentPort.postMessage(proxy.address)
      ${end}`)
    const over = new Promise((resolve) => one.once('exit', resolve))
    const address = await message(one)
    if (isTerminated) await one.terminate()
    await over
    const proxy = await pgs.serve({ listen: address })
    assert.equal(proxy.address, address)
    assert.equal((await pgs.show(id)).isUp, true)
    await proxy.close()
  })
}

test('a throw-away manager of a terminated worker is closed', async () => {
  const one = worker(`
    const throwaway = await ephemeral()
    const { uid } = await throwaway.create('acme')
    parentPort.postMessage({ stateDir: throwaway.stateDir, uid })
    await new Promise(() => setInterval(() => {}, 1000))`)
  const { stateDir, uid } = await message(one)
  const pid = Number(readFileSync(join(stateDir, 'tenants', uid, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  const gone = disappeared(stateDir)
  await one.terminate()
  await gone
  assert.ok(!isAlive(pid))
})

test('only workers ever load it, and end with calls in flight', async () => {
  const { code, signal, stderr } = await program(`
    import { Worker } from 'node:worker_threads'
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(\`
        const { parentPort } = require('node:worker_threads')
        const { open } = require('@sysnee/pgs')
        open(${JSON.stringify(pgs.stateDir)}).then((pgs) => {
          pgs.create('only-worker-\${round}').catch(() => {})
          pgs.follow(1_000_000).next().catch(() => {})
          parentPort.postMessage('ready')
          setInterval(() => pgs.list().catch(() => {}), 1)
        })\`, { eval: true, execArgv: [] })
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      await worker.terminate()
    }`)
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
  await pgs.recover()
})

test('a rejected call of a closed manager is an ordinary rejection', async () => {
  const { code, stderr } = await program(`${opened()} await pgs.close(); await pgs.list()`)
  assert.equal(code, 1)
  assert.match(stderr, /PgsError: the manager is closed[\s\S]*code: 'PGS_CLOSED'/)
  await rejects(pgs.get('never'), 'PGS_NOT_FOUND')
  assert.equal(await happened(pgs, 'creating').then(({ kind }) => kind), 'creating')
})
