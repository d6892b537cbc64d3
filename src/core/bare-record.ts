/**
 * Makes a record for names from outside. It inherits nothing, so that "__proto__" is a name like any other. Unlike a
 * record of `Object.create(null)`, V8 does not make it a hash table, which costs several times the memory.
 */
export function bareRecord<T>(): Record<string, T> {
  return new (Bare as unknown as new () => Record<string, T>)()
}

function Bare(): void {}
Bare.prototype = Object.create(null)
