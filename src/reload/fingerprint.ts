import { createHmac } from 'node:crypto'
import type { GatewayConfig } from '../config/gateway-config.js'
import { Deferred, Reference, textOf } from '../config/hcl/index.js'
import type { Node } from '../config/node.js'
import { ConfigError } from '../core/errors/config.js'
import type { Fingerprints } from '../core/reload-plan.js'
import { comparable } from './plan.js'

/** The kinds of blocks that have values of the run time, which can be compared only as they are written. */
const LATE_KINDS = /^(?:data|action|on)\./u

/**
 * Returns a text that two configurations share if they are the same, wherever they are written. Pure.
 * @param key makes the text useless for guessing the secrets in the configuration
 */
export function fingerprintOf(config: GatewayConfig, key: Uint8Array): string {
  const { integrations, servers, brokers, scripts, supervisors, routes, written } = config
  const late = [...(written?.blocks ?? [])].filter(([name]) => LATE_KINDS.test(name))
  const hash = createHmac('sha256', key)
  const actors = [integrations, servers, brokers].map((each) => each.map(comparable))
  hash.update(canonical([...actors, scripts, supervisors, routes]))
  hash.update(canonical(new Map(late.map(([name, node]) => [name, contentOf(node)]))))
  if (late.length > 0) hash.update(canonical(written!.constants))
  return hash.digest('base64url')
}

/** @throws ConfigError if a plan was made for other configurations */
export function checkFingerprints(expected: Fingerprints, found: Fingerprints): void {
  if (expected.running !== found.running)
    throw new ConfigError(
      'since the plan was made, the gateway has been started again or its configuration has changed: make a new plan',
    )
  if (expected.next !== found.next)
    throw new ConfigError(
      'since the plan was made, the files, variables or environment have changed: make a new plan',
    )
}

/** The content of a block as it is written, without its places. */
function contentOf({ content }: Node): unknown {
  switch (content.kind) {
    case 'scalar':
    case 'late':
      return content.value
    case 'list':
      return content.items.map(contentOf)
    case 'map':
      return new Map([...content.entries].map(([name, node]) => [name, contentOf(node)]))
    case 'faulty':
      return undefined
  }
}

/** Writes a value as text: members in the order of their names, functions left out. */
function canonical(value: unknown): string {
  if (typeof value === 'function' || value === undefined) return 'null'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value)
  if (value instanceof Reference) return `reference(${JSON.stringify(value.path)})`
  if (value instanceof Deferred) return `expression(${JSON.stringify(textOf(value.expression.span))})`
  if (value instanceof Uint8Array) return `bytes(${Buffer.from(value).toString('base64')})`
  if (value instanceof RegExp || value instanceof URL) return JSON.stringify(String(value))
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (value instanceof Set) return `[${[...value].map(canonical).sort().join()}]`
  const members = value instanceof Map ? [...value] : Object.entries(value)
  const shown = members
    .filter(([, member]) => member !== undefined && typeof member !== 'function')
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`)
  return `{${shown.sort().join()}}`
}
