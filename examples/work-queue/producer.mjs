// Sends jobs, and reports those that no worker could do.
import { setTimeout as sleep } from 'node:timers/promises'

const COUNT = Number(process.env.JOBS ?? 1_000)
const PAUSE_MS = 20
const DELAY_MS = 2_000

/** Called by `nemo-gateway run --app`; what it returns is called before the end. */
export default function producer(gateway) {
  const work = gateway.queue('work')
  // Dead letters are messages of a queue like any other. Somebody has to look after them.
  work.consume('failed').each(({ value, headers }) => {
    say(`job ${value.id} is a dead letter: ${headers['nemo-dead-letter-reason']}`)
  })

  const stop = new AbortController()
  const sent = sendAll(work, stop.signal)
  return async () => {
    stop.abort()
    await sent
  }
}

async function sendAll(work, signal) {
  for (let id = 1; id <= COUNT && !signal.aborted; id++) {
    const kind = kindOf(id)
    const sentAt = Date.now()
    // Resolves when the broker has the job: from then on it is not lost.
    await work.send('jobs', { id, kind, sentAt, notBefore: kind === 'later' ? sentAt + DELAY_MS : sentAt })
    await sleep(PAUSE_MS)
  }
  say('all jobs are sent')
}

/** One job in twenty has to wait, one fails twice, one always fails. */
function kindOf(id) {
  return { 5: 'later', 10: 'flaky', 15: 'broken' }[id % 20] ?? 'plain'
}

function say(text) {
  process.stdout.write(`${text}\n`)
}
