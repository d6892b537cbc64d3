import type { Identity } from '../core/identity.js'
import { addressGroup } from './caller-address.js'

/** The name by which the requests of a caller are counted: who it is, or its address if that is not known. */
export function callerKey(address: string | undefined, identity?: Identity): string {
  // Callers behind one proxy have one address, and one caller may have many.
  return identity === undefined || identity.subject === ''
    ? `address ${addressGroup(address)}`
    : `subject ${identity.subject}`
}
