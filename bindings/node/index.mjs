// Made by `npm run generate`; change ts/ instead.
import entry from './index.js'

export const { AbortError, Follow, Pgs, PgsError, Proxy, Supervision, ephemeral, open } = entry
