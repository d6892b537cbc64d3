import { describe, expect, test } from 'vitest'
import { targetOf } from '../../src/adapters/grpc/target.js'
import { targetsOf } from '../../src/adapters/json-rpc/target.js'
import { brokerAddress } from '../../src/adapters/mqtt/endpoint.js'
import { serverAddress as natsAddress } from '../../src/adapters/nats/client/address.js'
import { serverAddress as redisAddress } from '../../src/adapters/redis/endpoint.js'
import { checkConfig } from '../../src/config/load.js'
import { credentialsInside, hasCredentials, maskedAddress } from '../../src/core/user-info.js'

const SIGNS = ['/', '?', '#', '@', '/?#@', ':', '//']
const FORMS = SIGNS.flatMap((sign) => [`u:hunter2${sign}x@127.0.0.1:1`, `hunter2${sign}x@h`])

/** How each protocol reads an address. */
const PROTOCOLS: Readonly<Record<string, readonly [string, (address: string) => unknown]>> = {
  redis: ['redis', (address) => redisAddress(address, { addresses: [] })],
  nats: ['nats', (address) => natsAddress(address, {})],
  mqtt: ['mqtt', (address) => brokerAddress(address, { addresses: [] })],
  'json-rpc': ['http', (address) => targetsOf({ addresses: [address] }, 'i')],
  grpc: ['grpc', (address) => targetOf({ addresses: [address] }, 'i')],
}

describe.each(Object.entries(PROTOCOLS))('an address of %s with a password', (protocol, [scheme, read]) => {
  const hasPaths = scheme === 'http'
  const addresses = FORMS.filter((form) => !hasPaths || form.startsWith('u:')).flatMap((form) => [
    form,
    `${scheme}://${form}`,
  ])

  test.each(addresses)('is refused and not shown: %s', async (address) => {
    const error = await Promise.resolve()
      .then(() => read(address))
      .catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ kind: 'connection', retryable: false })
    expect((error as Error).message).toContain('credentials belong in the `auth` block')
    expect((error as Error).message).not.toContain('hunter2')
    const checked = checkConfig({ integrations: { i: { type: protocol, endpoint: { address } } } } as never)
    expect(JSON.stringify(checked.diagnostics)).not.toContain('hunter2')
  })
})

describe('an address', () => {
  test.each([
    'redis://127.0.0.1:6379/1',
    'http://backend:8080/rpc/@me',
    'https://[::1]:8080/rpc?mail=a@b',
    'unix:/run/app@1/socket',
    'unix:///run/app@1/socket',
    'http+unix:/run/app@1/socket:/rpc',
  ])('may have an @ in its path: %s', (address) => {
    expect(hasCredentials(address)).toBe(false)
  })

  test.each(['unix://u:hunter2@/run/socket', 'redis+unix://u:hunter2/x@/run', 'unix:u:hunter2@/run/socket'])(
    'of a socket has no credentials: %s',
    (address) => {
      expect(hasCredentials(address)).toBe(true)
      expect(credentialsInside(address)).not.toContain('hunter2')
    },
  )

  test('is shown with its scheme and host', () => {
    expect(maskedAddress('redis://u:hunter2/x@h:1')).toBe('redis://***@h:1')
    expect(maskedAddress('hunter2@x@h:1')).toBe('***@h:1')
    expect(maskedAddress('redis://h:1')).toBe('redis://h:1')
    expect(maskedAddress('http://h/rpc?a=1&api_key=hunter2&b=2#c')).toBe('http://h/rpc?a=1&api_key=***&b=2#c')
  })
})
