import { ConfigError } from '../core/errors/config.js'
import type { FileAddress, TransformFiles } from '../mailbox/thread-messages.js'
import type { StartJq } from '../transform/slow/batches.js'
import type { FromJqThread } from '../transform/slow/protocol.js'
import { importModule, startHelper } from './thread.js'

/** The code of transforms, which `workers/transform.ts` exports. */
export interface TransformCode {
  readonly Pipeline: typeof import('../transform/pipeline.js').Pipeline
  readonly JqBatches: typeof import('../transform/slow/batches.js').JqBatches
}

/** Makes what loads the code of transforms into this thread. Most actors do without it, which saves memory. */
export function transformLoader({ code }: TransformFiles): () => Promise<TransformCode> {
  return async () => (await importModule(urlOf(code))) as TransformCode
}

/** Makes what starts the thread that runs jq. */
export function jqStarter({ jq }: TransformFiles): StartJq {
  return (receive, ended) => {
    const helper = startHelper(new URL(urlOf(jq)), (message) => receive(message as FromJqThread), ended)
    return { send: (request) => helper.post(request), terminate: () => helper.terminate() }
  }
}

function urlOf(file: FileAddress): string {
  if ('missing' in file) throw new ConfigError(file.missing)
  return file.url
}
