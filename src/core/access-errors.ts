import type { AccessRefusal } from './adapter/authentication.js'

/** Errors of the range that JSON-RPC reserves for servers: why a call was refused before its handler was called. */
export const ACCESS_ERRORS = {
  unauthenticated: { code: -32_001, message: 'Unauthenticated' },
  unavailable: { code: -32_002, message: 'Authentication is unavailable' },
  forbidden: { code: -32_003, message: 'Forbidden' },
} as const satisfies {
  readonly [K in AccessRefusal['kind']]: { readonly code: number; readonly message: string }
}
