import { open } from '@sysnee/pgs'
import type { Pgs, Proxy, Supervision } from '@sysnee/pgs'

async function kept(stateDir: string): Promise<[Pgs, Proxy, Supervision]> {
  await using pgs = await open(stateDir)
  await using proxy = await pgs.serve()
  await using supervision = await pgs.supervise()
  await using follow = pgs.follow()
  console.log((await pgs.list()).length, (await proxy.sessions()).length, follow.constructor.name)
  return [pgs, proxy, supervision]
}

const [pgs, proxy] = await kept(String(process.argv[2]))
for (const call of [() => pgs.list(), () => proxy.sessions()]) await call().catch((error) => console.log(error.message))
