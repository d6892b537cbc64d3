/** A value, or the promise of one: compiled queries answer at once, those on the slow path later. */
export type Later<T> = T | Promise<T>

/** Continues with a value at once, or when it is there. */
export function then<T, R>(value: Later<T>, next: (value: T) => Later<R>): Later<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
