import { parentPort, workerData } from 'node:worker_threads'
import { openBuffer } from './folder.js'

// Holds a folder until its thread is ended.
const { buffer } = await openBuffer(workerData, { owner: 'route "orders"' })
await buffer.append({ topic: 't', payload: Buffer.from('from a thread'), timestamp: 1 })
parentPort!.on('message', () => {})
parentPort!.postMessage('open')
