/** What a flooder is told. */
export type FlooderOrder =
  | { readonly kind: 'paused' }
  | { readonly kind: 'flat-out' }
  | { readonly kind: 'rate'; readonly perSecond: number }
