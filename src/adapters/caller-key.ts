import type { Identity } from '../core/identity.js'
import { addressGroup } from './caller-address.js'

/** The name by which the requests of a caller are counted: who it is, or its address if that is not known. */
export function callerKey(address: string | undefined, identity?: Identity): string {
  // Callers behind one proxy have one address, and one caller may have many.
  return identity === undefined || identity.subject === ''
    ? `address ${addressGroup(address)}`
    : `subject ${JSON.stringify(nameOf(identity))}`
}

/** Whether two identities are the same caller. Issuers give out their subjects independently of each other. */
export function isSameCaller(one: Identity, other: Identity): boolean {
  return JSON.stringify(nameOf(one)) === JSON.stringify(nameOf(other))
}

function nameOf({ subject, claims }: Identity): readonly unknown[] {
  return [claims.iss ?? null, subject]
}
