import * as promises from 'node:fs/promises'

/** The functions of `node:fs/promises` that a buffer uses. */
export type Files = Pick<
  typeof promises,
  'mkdir' | 'open' | 'readdir' | 'readFile' | 'readlink' | 'rename' | 'stat' | 'unlink'
>

/** The file system of the machine. */
export const systemFiles: Files = promises
