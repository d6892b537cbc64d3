import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../../fixtures/mqtt-flood.js', import.meta.url))

/** Numbers at QoS 0, from a process of their own, as fast as the broker takes them; resolves when all are sent. */
export function flood(port: number, topic: string, count: number, filling: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = [SCRIPT, String(port), topic, String(count), String(filling)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`the flood ended with ${code}`))))
  })
}
