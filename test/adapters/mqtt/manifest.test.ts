import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mqttManifest } from '../../../src/adapters/mqtt/manifest.js'

const parse = (config: unknown) => mqttManifest.config.safeParse(config)

describe('the config block of MQTT', () => {
  it('has defaults', () => {
    expect(parse({}).data).toEqual({
      keep_alive: 60_000,
      clean_session: true,
      qos: 0,
      protocol_version: 'auto',
      session_expiry: 3_600_000,
      receive_maximum: 1_024,
      queue_group: 'nemo-workers',
      queue_takeover: false,
    })
  })

  it('takes durations as text or milliseconds', () => {
    expect(parse({ keep_alive: '1m30s', session_expiry: 5_000 }).data).toMatchObject({
      keep_alive: 90_000,
      session_expiry: 5_000,
    })
  })

  it('completes a will', () => {
    expect(parse({ will: { topic: 'gone', payload: 'x' } }).data).toMatchObject({
      will: { topic: 'gone', payload: 'x', qos: 0, retain: false },
    })
  })

  it.each([
    ['an unknown key', { keepalive: 5 }, 'keepalive'],
    ['an unknown key of the will', { will: { topic: 'a', payload: '', qoss: 1 } }, 'qoss'],
    ['a duration that is none', { keep_alive: 'soon' }, '30s'],
    ['a keep-alive below a second', { keep_alive: '500ms' }, '500ms'],
    ['QoS 3', { qos: 3 }, ''],
    ['another version', { protocol_version: 4 }, ''],
    ['no receive maximum', { receive_maximum: 0 }, ''],
    ['a group with a slash', { queue_group: 'a/b' }, 'without'],
    ['a will to a wildcard', { will: { topic: 'a/#', payload: '' } }, 'wildcard'],
    ['an empty client id', { client_id: '' }, ''],
  ])('refuses %s', (_name, config, text) => {
    const result = parse(config)
    expect(result.success).toBe(false)
    expect(result.error!.message).toContain(text)
  })
})

describe('the manifest', () => {
  it('loads on the host without the client library', () => {
    const source = readFileSync(new URL('../../../../src/adapters/mqtt/manifest.ts', import.meta.url), 'utf8')
    const imports = [...source.matchAll(/from '([^']+)'/g)].map(([, from]) => from!)
    const light = (from: string) =>
      from === 'zod' || from === '../config-kinds.js' || from.startsWith('../../core/')
    expect(imports.filter((from) => !light(from))).toEqual([])
    expect(mqttManifest.worker().pathname).toMatch(/\/workers\/mqtt\.cjs$/)
  })
})
