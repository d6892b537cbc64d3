import { onTestFinished, test } from 'vitest'
import { rounds } from '../../support/rounds.js'
import { waitFor } from '../../support/wait-for.js'
import { type Ordeal, survive } from './survival.js'

const KILLS = rounds(1, 20)

/** Every way in which an actor dies, each its own test of what `ordeal` returns. */
export function survivesKills(ordeal: () => Ordeal): void {
  test.each(['throw', 'reject', 'exit', 'leak-objects', 'leak-map', 'leak-buffers', 'spin'] as const)(
    'survives being killed again and again by %s',
    (fault) => survive(ordeal(), fault, KILLS),
    600_000,
  )

  test('survives being stuck in native calls; the stuck threads are counted until they are gone', async () => {
    const { gateway } = ordeal()
    let most = 0
    const look = setInterval(() => {
      most = Math.max(most, gateway.metrics().zombies)
    }, 20)
    onTestFinished(() => clearInterval(look))
    await survive(ordeal(), 'block', rounds(1, 3))
    await waitFor(() => most >= 1, { what: 'a zombie to be counted' })
    await waitFor(() => gateway.metrics().zombies === 0, { what: 'the zombies to go', timeoutMs: 30_000 })
  }, 600_000)
}
