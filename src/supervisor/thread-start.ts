import { fileURLToPath } from 'node:url'
import type { ThreadData } from '../mailbox/thread-messages.js'

/** Bytes that the compiled code of one program may have. Only what is stored is in memory. */
const LARGEST_CODE = 16 * 1_048_576

/** Four numbers of four bytes: state and length of the code as loaded, and of the code as it has worked. */
const HEADER_BYTES = 16

/** Compiled code by the path of its program. */
const compiled = new Map<string, SharedArrayBuffer>()

/** What a thread needs to run the program at `url`: a script that calls `startProgram`, or a module. */
export function programOf(url: URL): ThreadData['program'] {
  const path = url.protocol === 'file:' ? fileURLToPath(url) : url.href
  let code = compiled.get(path)
  if (code === undefined) {
    code = new SharedArrayBuffer(HEADER_BYTES, { maxByteLength: LARGEST_CODE })
    compiled.set(path, code)
  }
  return { path, code }
}

/**
 * The first code of each thread of an actor: it compiles the program of the thread and runs it. The first thread of a
 * program shares what V8 has compiled, and its siblings and successors take that: they load in a quarter of the time, and
 * keep none of the memory that a compiler leaves behind (docs/decisions/bundled-workers.md).
 *
 * Code is shared twice: as soon as it is loaded, and by the first thread that has worked with it for a while, when V8 has
 * compiled what a connection needs, too. Both parts are written once, so that nobody reads what is being written.
 *
 * It is text, because bundlers lose or change the files of threads.
 */
export const THREAD_START = `'use strict'
const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')
const { workerData } = require('node:worker_threads')

const NONE = 0
const UNDER_WAY = 1
const SHARED = 2
/** The thread that compiles is slow or has ended. Nobody waits for it any more. */
const LATE = 3
const LONGEST_WAIT_MS = 500

/** Positions in the header. */
const LOADED = 0
const LOADED_BYTES = 1
const WORKED = 2
const WORKED_BYTES = 3
/** When a thread has worked, and how much more code it then has, at least, if it did. */
const WORKED_AFTER_MS = 300
const WORKED_GROWTH = 1.1

const { path, code } = workerData.program
const header = new Int32Array(code, 0, 4)
// Shared code cannot use import().
workerData.importModule = (address) => import(address)
// V8 gives out the compiled code of scripts alone.
if (/[.]m?js$/.test(path)) import(workerData.url)
else run()

function run() {
  const isFirst = Atomics.compareExchange(header, LOADED, NONE, UNDER_WAY) === NONE
  try {
    const script = compile(isFirst ? undefined : compiledByAnother())
    globalThis.startProgram = (program) => program(require, path)
    script.runInThisContext()
    delete globalThis.startProgram
    if (isFirst) share(script.createCachedData(), header.byteLength, LOADED)
    setTimeout(shareWorked, WORKED_AFTER_MS, script).unref()
  } finally {
    if (isFirst) change(UNDER_WAY, LATE)
  }
}

function compile(cachedData) {
  return new Script(textOf(path), { filename: path, ...(cachedData && { cachedData }) })
}

function textOf(path) {
  // Read as text at once, it would leave half a megabyte behind.
  if (!path.startsWith('data:')) return readFileSync(path).toString()
  const [type, text] = path.split(/,(.*)/s)
  return type.endsWith(';base64') ? Buffer.from(text, 'base64').toString() : decodeURIComponent(text)
}

/** V8 takes it only if its version and flags are the same, and compiles the text otherwise. */
function compiledByAnother() {
  if (Atomics.wait(header, LOADED, UNDER_WAY, LONGEST_WAIT_MS) === 'timed-out') change(UNDER_WAY, LATE)
  if (Atomics.load(header, LOADED) !== SHARED) return undefined
  const hasWorked = Atomics.load(header, WORKED) === SHARED
  const start = header.byteLength + (hasWorked ? header[LOADED_BYTES] : 0)
  return Buffer.from(new Uint8Array(code, start, header[hasWorked ? WORKED_BYTES : LOADED_BYTES]))
}

function shareWorked(script) {
  if (Atomics.load(header, LOADED) !== SHARED || Atomics.load(header, WORKED) !== NONE) return
  const made = script.createCachedData()
  if (made.length < header[LOADED_BYTES] * WORKED_GROWTH) return
  if (Atomics.compareExchange(header, WORKED, NONE, UNDER_WAY) !== NONE) return
  share(made, header.byteLength + header[LOADED_BYTES], WORKED)
}

function share(made, start, state) {
  const end = start + made.length
  if (end > code.maxByteLength) return
  code.grow(end)
  new Uint8Array(code, start).set(made)
  header[state + 1] = made.length
  Atomics.store(header, state, SHARED)
  Atomics.notify(header, state)
}

function change(from, to) {
  if (Atomics.compareExchange(header, LOADED, from, to) === from) Atomics.notify(header, LOADED)
}
`
