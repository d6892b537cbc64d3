import { type Clock, sleep } from '../core/clock.js'
import type { Gateway } from '../gateway.js'
import type { Terminal } from './terminal.js'

/** Time that the threads of a stopped gateway have to exit, in milliseconds. A busy machine needs some. */
const EXIT_WITHIN_MS = 3_000
const LOOK_EVERY_MS = 50

/**
 * Kills this process if a thread of the stopped gateway is stuck in a native call. Node waits for all threads before it
 * exits, also for one that never returns, and heeds no other signal then.
 */
export async function endIfStuck(
  gateway: Pick<Gateway, 'metrics'>,
  clock: Clock,
  terminal: Pick<Terminal, 'err'>,
): Promise<void> {
  const until = clock.monotonic() + EXIT_WITHIN_MS
  let { zombies } = gateway.metrics()
  while (zombies > 0 && clock.monotonic() < until) {
    await sleep(clock, LOOK_EVERY_MS)
    zombies = gateway.metrics().zombies
  }
  if (zombies === 0) return
  const threads = zombies === 1 ? '1 thread is' : `${zombies} threads are`
  terminal.err(`nemo-gateway: ${threads} stuck in a native call: the process kills itself\n`)
  await new Promise(() => {
    process.stdout.write('', () => process.stderr.write('', () => process.kill(process.pid, 'SIGKILL')))
  })
}
