import type { FileHandle } from 'node:fs/promises'
import { type Files, systemFiles } from '../../src/buffer/files.js'

/** What a test lets fail, or wait, before it is done: the name of the operation, and the file. */
export type Failure = (operation: string, path: string) => string | undefined | Promise<string | undefined>

/** The file system, with operations that fail with the code that `failure` gives. */
export function failingFiles(failure: Failure): Files {
  const check = async (operation: string, path: string) => {
    const code = await failure(operation, path)
    if (code !== undefined) throw Object.assign(new Error(`${code}: ${operation} ${path}`), { code })
  }
  const wrapHandle = (handle: FileHandle, path: string) =>
    new Proxy(handle, {
      get(target, name) {
        const member = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return async (...args: unknown[]) => {
          // A disk that fills up takes a part of a write first.
          if (name === 'write' && (await failure('half-write', path)) !== undefined && Number(args[2]) > 1)
            return target.write(args[0] as Buffer, args[1] as number, Number(args[2]) >> 1, args[3] as number)
          await check(String(name), path)
          return member.apply(target, args)
        }
      },
    })
  return new Proxy(systemFiles, {
    get(target, name: keyof Files) {
      const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
      return async (...args: unknown[]) => {
        const path = String(args[0])
        await check(name, path)
        const result = await member(...args)
        return name === 'open' ? wrapHandle(result as FileHandle, path) : result
      }
    },
  })
}
