import type { Duration } from './duration.js'

type IsDuration<V> = unknown extends V ? false : [Duration] extends [V] ? true : false

/**
 * Options whose durations have been converted: `expiry?: Duration` becomes `expiryMs?: number`, everything else stays.
 */
export type InMilliseconds<T> = {
  [K in keyof T as IsDuration<T[K]> extends true ? `${K & string}Ms` : K]: IsDuration<T[K]> extends true
    ? number
    : T[K]
}
