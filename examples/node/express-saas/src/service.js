import { once } from 'node:events'
import { open } from '@sysnee/pgs'
import { createApp } from './app.js'
import { Customers } from './customers.js'
import { Pools } from './pools.js'

/** Opens everything, and answers what closes it again. */
export async function start({ stateDir, secret, port }) {
  const pgs = await open(stateDir)
  const proxy = await pgs.serve()
  await pgs.supervise()
  const customers = new Customers(pgs, secret)
  const pools = new Pools({ check: (name) => customers.check(name), urlOf: (name) => customers.url(name, proxy) })
  const { seq = 0 } = (await pgs.events(0, 1_000_000)).at(-1) ?? {}
  const server = createApp(customers, pools).listen(port, '127.0.0.1')
  await once(server, 'listening')

  const end = async () => {
    server.close()
    server.closeIdleConnections()
    await once(server, 'close')
    await pools.close()
    await proxy.shutdown()
    await pgs.close()
  }
  let ending
  const close = () => (ending ??= end())

  pools.follow(pgs.follow(seq)).catch((error) => {
    // Pools would stay whose doors have shut. Whoever watches over this process starts it again.
    console.error('the events cannot be followed any more:', error)
    process.exitCode = 1
    return close()
  })
  return { pgs, port: server.address().port, close }
}
