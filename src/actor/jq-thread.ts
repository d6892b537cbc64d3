import type { JqWorker } from '../mailbox/thread-messages.js'
import type { StartJq } from '../transform/slow/batches.js'
import type { FromJqThread } from '../transform/slow/protocol.js'
import { startHelper } from './thread.js'

/** Makes what starts the thread that runs jq. */
export function jqStarter(worker: JqWorker): StartJq {
  return (receive, ended) => {
    if ('missing' in worker) throw new Error(worker.missing)
    const helper = startHelper(new URL(worker.url), (message) => receive(message as FromJqThread), ended)
    return { send: (request) => helper.post(request), terminate: () => helper.terminate() }
  }
}
