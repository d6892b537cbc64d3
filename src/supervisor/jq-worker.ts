import type { JqWorker } from '../mailbox/thread-messages.js'
import { workerFile } from './worker-file.js'

/** The file of the thread that runs queries which are not compiled. Actors without such a query do without it. */
export function jqWorker(): JqWorker {
  try {
    const worker = () => new URL('../../workers/jq.mjs', import.meta.url)
    return { url: workerFile({ type: 'jq', worker }).href }
  } catch (error) {
    return { missing: (error as Error).message }
  }
}
