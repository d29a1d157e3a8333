const pg = require('pg')
const { useTenant } = require('@sysnee/pgs/test')

describe('another suite of jest', () => {
  const db = useTenant({ beforeAll, afterAll })

  test('has a tenant', async () => {
    const client = new pg.Client(db.url)
    await client.connect()
    expect((await client.query('select current_user as id')).rows).toEqual([{ id: db.id }])
    await client.end()
    require('node:fs').appendFileSync(process.env.SEEN, `${db.pgs.stateDir}\n`)
  })
})
