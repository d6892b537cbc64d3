import type { MessageTemplate } from '../../core/settings/route.js'
import type { Finding } from '../hcl/index.js'

/** Protocols in whose topics a wildcard may not stand anywhere. */
const NOWHERE = ['mqtt', 'memory']
const MQTT = /(?:^|\/)[+#](?:\/|$)/u
const NATS = /(?:^|[./])[*>](?:[./]|$)/u

/**
 * Returns what is wrong with a topic that messages are published to: a wildcard names many topics.
 * @param type of the integration
 */
export function wildcardFinding(topic: string | MessageTemplate, type: string): Finding | undefined {
  const text = typeof topic === 'string' ? topic : shape(topic)
  const isPattern =
    MQTT.test(text) || (NOWHERE.includes(type) && /[+#]/u.test(text)) || (type === 'nats' && NATS.test(text))
  if (!isPattern) return undefined
  return {
    message: 'a message cannot be published to a pattern',
    expected: 'a topic without wildcards',
  }
}

/** The topic with a plain level in place of each path. */
function shape(template: MessageTemplate): string {
  return template.map((part) => (typeof part === 'string' ? part : 'x')).join('')
}
