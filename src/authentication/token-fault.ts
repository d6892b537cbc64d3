/** Why a token or proof is not accepted. The reason goes to the caller and to the audit record: it never has a part of the token. */
export class TokenFault extends Error {
  override readonly name = 'TokenFault'
  /** Whether the fault is in a proof of possession. */
  readonly isProof: boolean

  constructor(reason: string, isProof = false) {
    super(reason)
    this.isProof = isProof
  }
}

/** A token cannot be checked now, because a server that is needed for it cannot be reached. */
export class CheckUnavailable extends Error {
  override readonly name = 'CheckUnavailable'
}
