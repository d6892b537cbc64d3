import { CreditGiver, newCredit } from '../mailbox/credit.js'

/** The credit of one source in one life of its actor. */
export interface Credit {
  readonly shared: SharedArrayBuffer
  readonly giver: CreditGiver
}

export function freshCredit(): Credit {
  const shared = newCredit()
  return { shared, giver: new CreditGiver(shared) }
}
