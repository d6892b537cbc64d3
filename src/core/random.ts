/**
 * The only source of random numbers and ids in the gateway, so that tests can seed it (`SeededRandom` in
 * `nemo-gateway/testing`). The members do not use `this` and may be passed on by themselves.
 */
export interface Random {
  /** Uniform in `[0, 1)`. Can be guessed: for jitter and for numbers to begin with, never for secrets. */
  readonly number: () => number
  /** A UUID (RFC 9562, version 4): unique, and hard to guess. */
  readonly uuid: () => string
  /** Bytes that are hard to guess: for ids of another form, and for nonces. */
  readonly bytes: (count: number) => Buffer
}

// Loaded with the first id: many actors make none, and it takes half a megabyte.
const crypto = () => process.getBuiltinModule('node:crypto')

/** The random numbers of the machine. */
export const systemRandom: Random = {
  number: () => Math.random(),
  uuid: () => crypto().randomUUID(),
  bytes: (count) => crypto().randomBytes(count),
}
