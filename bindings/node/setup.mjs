// Made by `npm run generate`; change ts/ instead.
import entry from './setup.js'

export const { globalSetup } = entry
export default entry.default
