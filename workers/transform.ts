// Not a thread: actors with transforms load this file into theirs.
export { Pipeline } from '../src/transform/pipeline.js'
export { JqBatches } from '../src/transform/slow/batches.js'
