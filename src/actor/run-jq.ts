import { JqEngine } from '../transform/slow/engine.js'
import type { JqRequest } from '../transform/slow/protocol.js'
import { serveParent } from './thread.js'

/** Runs jq in this worker thread, for the actor that has started it. Called once, by an entry point in `workers/`. */
export async function runJq(): Promise<void> {
  const engine = await JqEngine.load()
  serveParent((request) => engine.run(request as JqRequest))
}
