import { start } from './service.js'

const { APP_SECRET: secret, PORT = '3000', STATE_DIR: stateDir = './state' } = process.env
if (!secret) {
  console.error('APP_SECRET is not set: customers\' passwords are derived from it, so choose a long one and keep it')
  process.exit(1)
}

const service = await start({ stateDir, secret, port: Number(PORT) })
console.log(`http://127.0.0.1:${service.port}`)

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await service.close()
    // The customers' servers go on; `npx pgs --state-dir ./state stop` stops them.
  })
}
