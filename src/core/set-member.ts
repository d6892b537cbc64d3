/** Sets a member of an object, also one named `__proto__`, whose assignment would change the prototype. */
export function setMember<V>(holder: { [key: string]: V }, key: string, value: V): void {
  if (key === '__proto__')
    Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true })
  else holder[key] = value
}
