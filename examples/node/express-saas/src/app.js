import express from 'express'

/** The application. `customers` and `pools` are all it knows of servers. */
export function createApp(customers, pools) {
  const app = express()
  app.use(express.json())

  app.post('/customers', async (request, response) => {
    const { isNew } = await customers.signUp(String(request.body?.name))
    response.status(isNew ? 201 : 200).end()
  })

  app.delete('/customers/:name', async (request, response) => {
    await customers.signOff(request.params.name)
    response.status(204).end()
  })

  app.use('/notes', async (request, response, next) => {
    const name = request.get('x-customer')
    if (name === undefined) return response.status(400).json({ code: 'NO_CUSTOMER', message: 'the header x-customer is missing' })
    request.pool = await pools.of(name)
    next()
  })

  app.post('/notes', async ({ pool, body }, response) => {
    const { rows } = await pool.query('insert into notes (text) values ($1) returning id, text', [body.text])
    response.status(201).json(rows[0])
  })

  app.get('/notes', async ({ pool }, response) => {
    const { rows } = await pool.query('select id, text from notes order by id')
    response.json(rows)
  })

  app.use((error, _request, response, _next) => {
    const status = STATUS[error.code] ?? 500
    if (status === 500) console.error(error)
    response.status(status).json({ code: error.code ?? 'INTERNAL', message: status === 500 ? 'something went wrong' : error.message })
  })
  return app
}

/** What an error of pgs, or a login that PostgreSQL refused, is to a client of ours. */
const STATUS = {
  PGS_INVALID_INPUT: 400,
  PGS_NOT_FOUND: 404,
  PGS_BUSY: 503,
  PGS_RESOURCE_EXHAUSTED: 503,
  '28000': 403,
  '28P01': 403,
  '3D000': 403,
}
