import type { FileAddress, TransformFiles } from '../mailbox/thread-messages.js'
import { workerFile } from './worker-file.js'

/** Finds the files that only actors with transforms load. Others do without them. */
export function transformFiles(): TransformFiles {
  return {
    code: address('transform', () => new URL('../../workers/transform.mjs', import.meta.url)),
    jq: address('jq', () => new URL('../../workers/jq.mjs', import.meta.url)),
  }
}

function address(type: string, worker: () => URL): FileAddress {
  try {
    return { url: workerFile({ type, worker }).href }
  } catch (error) {
    return { missing: (error as Error).message }
  }
}
