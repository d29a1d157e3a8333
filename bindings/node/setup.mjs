// Made by `npm run generate`; change ts/ instead.
import { createRequire } from 'node:module'

const entry = createRequire(import.meta.url)('./setup.js')

export const { globalSetup } = entry
export default entry.default
