// Made by `npm run generate`; change ts/ instead.
import entry from './test.js'

export const { useTenant } = entry
