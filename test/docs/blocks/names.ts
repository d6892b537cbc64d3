/** `circuit_breaker` and `json-rpc` as parts of the name of a type: `CircuitBreaker`, `JsonRpc`. */
export function pascal(name: string): string {
  return name
    .replace(/(?:^|[_-])(.)/gu, (_, letter: string) => letter.toUpperCase())
    .replace('Oauth', 'OAuth')
}

/** `CircuitBreakerBlock` as the name of a file: `circuit-breaker`. */
export function kebab(type: string): string {
  return type
    .replace(/Block$/, '')
    .replace('OAuth', 'Oauth')
    .replace(/(?!^)[A-Z]/g, '-$&')
    .toLowerCase()
}

/** Blocks that mean the same wherever they are. */
const ANYWHERE: ReadonlySet<string> = new Set(['tls'])

/** Blocks of several kinds that mean the same wherever they are. Their union has a name, because lists are long. */
export const UNIONS: ReadonlySet<string> = new Set(['transform'])

/** Where a block is: its name, and what is around it as a part of the names of types. */
export interface Place {
  readonly name: string
  readonly parent: string
  /** Whether it is directly in an integration, server or broker: its name alone says what it is. */
  readonly isTop: boolean
  /** What is around it, for a kind whose name is taken elsewhere: `ServerJwtAuthBlock` beside `JwtAuthBlock`. */
  readonly around?: string
}

/** The names that the type of a block may have, the best one first. */
export function candidates({ name, parent, isTop, around }: Place): readonly string[] {
  const short = `${pascal(name)}Block`
  if (around !== undefined) return [`${parent}${short}`, `${around}${parent}${short}`]
  return isTop || ANYWHERE.has(name) ? [short, `${parent}${short}`] : [`${parent}${short}`]
}

/**
 * What an attribute of a block has around it. The `config` block adds nothing to the name of its protocol. Methods that
 * are served through a broker authenticate as those of a server.
 */
export function inside({ name, parent, isTop }: Place, attribute: string): Omit<Place, 'name'> {
  if (name === 'serve' && attribute === 'auth') return { parent: 'Server', isTop: true }
  if (name === 'config') return { parent, isTop: false }
  return { parent: `${isTop || UNIONS.has(name) ? '' : parent}${pascal(name)}`, isTop: false }
}
