import { renderTemplate } from '../../core/message-template.js'
import type { MessageTemplate, RouteSettings } from '../../core/settings/route.js'
import type { RouteGauges } from '../../mailbox/route-gauges.js'
import { idOf } from './keyed-id.js'
import { KeyedSettlements } from './keyed-settlements.js'
import type { Received } from './received.js'
import type { Route } from './route.js'
import type { KeyStore, SeenKeys } from './seen-keys.js'

interface Idempotency {
  readonly settings: RouteSettings
  readonly gauges: RouteGauges
  readonly seen: SeenKeys | undefined
  readonly keyStore: KeyStore | undefined
}

/** Drops a redelivery. @returns the message, whose key is remembered when it is settled */
export function unlessSeen(
  received: Received,
  { seen, keyStore, gauges, settings }: Idempotency,
  route: Pick<Route, 'seen'>,
): Received | undefined {
  const { idempotency } = settings
  if (seen === undefined || idempotency === undefined) return received
  const key = keyOf(received, idempotency.key, route)
  if (key === undefined) return received
  const sight = seen.begin(key, received.source)
  if (sight.kind === 'new')
    return {
      ...received,
      id: idOf(key, received),
      source: new KeyedSettlements(key, received.source, seen, keyStore),
    }
  gauges.count('duplicates')
  if (sight.kind === 'accepted') received.source?.accepted(undefined)
  return undefined
}

function keyOf(
  received: Received,
  template: MessageTemplate,
  route: Pick<Route, 'seen'>,
): string | undefined {
  try {
    const rendered = renderTemplate(template, route.seen(received, template))
    return rendered.ok ? rendered.text : undefined
  } catch {
    // A payload that cannot be decoded has no key. It is dead-lettered further on.
    return undefined
  }
}
