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
  const pools = new Pools((name) => customers.url(name, proxy))
  const { seq = 0 } = (await pgs.events(0, 1_000_000)).at(-1) ?? {}
  const following = pools.follow(pgs.follow(seq))
  const server = createApp(customers, pools).listen(port, '127.0.0.1')
  await once(server, 'listening')

  const close = async () => {
    server.close()
    server.closeIdleConnections()
    await once(server, 'close')
    await pools.close()
    await proxy.shutdown()
    await pgs.close()
    await following
  }
  return { pgs, port: server.address().port, close }
}
