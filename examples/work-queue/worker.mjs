// Does the jobs, four at a time. Start as many workers as you like.
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Called by `nemo-gateway run --app`, which shuts the gateway down on SIGTERM: jobs in hand are done and acknowledged,
 * the others go back to the queue.
 */
export default function worker(gateway) {
  const jobs = gateway.queue('work').consume('jobs', {
    concurrency: 4,
    maxDeliveries: 3, // then a job is a dead letter
    deadLetter: 'failed',
    retryDelay: '200ms', // without it the delay grows with each attempt
  })
  jobs.each(work)
}

/** A job is acknowledged when this resolves, and given back when it throws. */
async function work(job) {
  const { id, kind, sentAt, notBefore } = job.value
  // Not every broker can send with a delay. All of them can take a message back with one; it counts as an attempt.
  const early = notBefore - Date.now()
  if (early > 0) {
    await job.nack({ delay: early })
    return
  }
  await sleep(50)
  if (kind === 'broken') throw new Error('nobody can do this job')
  if (kind === 'flaky' && job.attempt < 3) throw new Error('not this time')
  const age = Date.now() - sentAt
  process.stdout.write(`job ${id} done: ${kind}, attempt ${job.attempt}, ${age} ms after it was sent\n`)
}
