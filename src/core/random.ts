/**
 * The only source of random numbers and ids in the gateway, so that tests can seed it (`SeededRandom` in
 * `nemo-gateway/testing`). The members do not use `this` and may be passed as functions.
 */
export interface Random {
  /** Returns a number in `[0, 1)`, evenly distributed. Predictable: for jitter and start values, never for secrets. */
  readonly number: () => number
  /** Returns a UUID (RFC 9562, version 4): unique and unpredictable. */
  readonly uuid: () => string
  /** Returns unpredictable bytes, for ids of another form and for nonces. */
  readonly bytes: (count: number) => Buffer
}

// Loaded on first use: many actors never need it, and it takes half a megabyte.
const crypto = () => process.getBuiltinModule('node:crypto')

/** The random numbers of the system. */
export const systemRandom: Random = {
  number: () => Math.random(),
  uuid: () => crypto().randomUUID(),
  bytes: (count) => crypto().randomBytes(count),
}
