/** What a flooder is told. */
export type FlooderOrder =
  | { readonly kind: 'paused' }
  | { readonly kind: 'flat-out' }
  | { readonly kind: 'rate'; readonly perSecond: number }

/** What the caller of a server is told. */
export interface CallerOrder {
  readonly kind: 'paused' | 'flat-out'
}
