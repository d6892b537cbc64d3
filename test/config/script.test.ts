import { describe, expect, test } from 'vitest'
import { exportsOf } from '../../src/config/modules/exports-of.js'
import { checkFiles, places } from './support.js'

const HANDLERS =
  'export function total() {}\nexport const list = () => 1\n// export const gone = 1\nfunction hidden() {}\n'

function check(hcl: string, handlers = HANDLERS) {
  return checkFiles({ 'gateway.hcl': hcl, 'handlers.js': handlers })
}

const server = (handler: string) => `script "s" { path = "./handlers.js" }
server "api" {
  type = "json-rpc"
  listen { port = 0 }
  method "orders.total" {
    handler = ${handler}
  }
}`
const action = (name: string) => `script "s" { path = "./handlers.js" }
action "a" {
  type = "script"
  config { function = ${name} }
}`

describe('a script block', () => {
  test('has defaults, and a path relative to its file', () => {
    const checked = check('script "s" { path = "./handlers.js" }')
    expect(places(checked)).toEqual([])
    expect(checked.ok && checked.config.scripts).toEqual([
      {
        name: 's',
        path: expect.stringMatching(/^\/.*\/handlers\.js$/),
        threads: 2,
        concurrent: 1,
        queue: 1_000,
        timeoutMs: 30_000,
        memory: 256 * 1024 * 1024,
        maxResult: 16 * 1024 * 1024,
        reload: true,
      },
    ])
  })

  test.each([
    ['', 'the block "script" needs "path"'],
    ['path = "./gone.js"', 'wrong value for "path"'],
    ['path = "./handlers.js"\nthreads = 0', 'wrong value for "threads"'],
    ['path = "./handlers.js"\nconcurrent = "many"', 'wrong value for "concurrent"'],
    ['path = "./handlers.js"\nqueue = 0', 'wrong value for "queue"'],
    ['path = "./handlers.js"\nmax_result = "much"', 'wrong value for "max_result"'],
    ['path = "./handlers.js"\ntimeout = "soon"', 'wrong value for "timeout"'],
    ['path = "./handlers.js"\nmemory = "1MB"', 'wrong value for "memory"'],
    ['path = "./handlers.js"\nreload = "often"', 'wrong value for "reload"'],
    ['path = "./handlers.js"\nthread = 1', 'the block "script" has no "thread"'],
  ])('with a mistake: %j', (inside, message) => {
    expect(check(`script "s" {\n${inside}\n}`).diagnostics.map((each) => each.message)).toEqual([message])
  })
})

describe('a handler of a method', () => {
  test.each(['script.s.total', '"script.s.total"', '"s.total"'])('is written as %s', (handler) => {
    const checked = check(server(handler))
    expect(places(checked)).toEqual([])
    const [api] = checked.ok ? checked.config.servers : []
    expect([...api!.handlers]).toEqual([['orders.total', { script: 's', function: 'total' }]])
  })

  test.each([
    ['"script.t.total"', '6:15 there is no script "t"'],
    ['script.t.total', '6:15 there is no script "t"'],
    ['script.s.totel', '6:15 the script "s" exports no function "totel"'],
    ['"script.s.hidden"', '6:15 the script "s" exports no function "hidden"'],
    ['"total"', '6:15 wrong name of a function of a script'],
  ])('that does not exist is reported at its place: %s', (handler, place) => {
    expect(places(check(server(handler)))).toEqual([place])
  })

  test('without any script block is a warning: the application may register it', () => {
    const checked = check(server('"script.x.y"').replace(/^script.*\n/, ''))
    expect(checked.ok).toBe(true)
    expect(checked.diagnostics.map(({ severity }) => severity)).toEqual(['warning'])
  })
})

describe('an action of the type script', () => {
  test('names its function', () => {
    const checked = check(action('script.s.list'))
    expect(places(checked)).toEqual([])
    expect(checked.ok && checked.config.actions).toMatchObject([
      { type: 'script', name: 'a', handler: { script: 's', function: 'list' } },
    ])
  })

  test.each([
    ['script.s.lst', '4:23 the script "s" exports no function "lst"'],
    ['"script.t.list"', '4:23 there is no script "t"'],
  ])('that names what does not exist: %s', (name, place) => {
    expect(places(check(action(name)))).toEqual([place])
  })

  test('needs a function', () => {
    expect(check(action('null')).ok).toBe(false)
  })
})

const transform = (name: string) => `script "s" { path = "./handlers.js" }
integration "bus" { type = "memory" }
data "subscription" "d" {
  integration = "bus"
  topic       = "t"
  transform {
    type     = "script"
    function = ${name}
  }
}
route "r" {
  from {
    integration = "bus"
    topic       = "a"
  }
  to {
    integration = "bus"
    topic       = "b"
  }
  transform {
    type  = "jq"
    query = ".payload"
  }
  transform {
    type     = "script"
    function = ${name}
  }
}`

describe('a transform of the type script', () => {
  test('names its function, in a data block and in a route', () => {
    const checked = check(transform('script.s.list'))
    expect(places(checked)).toEqual([])
    const handler = { script: 's', function: 'list' }
    expect(checked.ok && checked.config.data[0]!.transforms).toEqual([{ type: 'script', handler }])
    expect(checked.ok && checked.config.routes[0]!.transforms[1]).toEqual({ type: 'script', handler })
  })

  test.each([
    ['script.s.lst', 'the script "s" exports no function "lst"'],
    ['"script.t.list"', 'there is no script "t"'],
    ['"list"', 'wrong value for "function"'],
  ])('that names what does not exist: %s', (name, message) => {
    expect(places(check(transform(name)))).toEqual([`8:16 ${message}`, `26:16 ${message}`])
  })
})

describe('the exports of a module', () => {
  test.each([
    ['export async function a() {}\nexport class B {}\nexport let c = 1', ['a', 'B', 'c']],
    ['const a = 1, b = 2\nexport { a, b as c }', ['a', 'c']],
    ['export { a } from "./x.js"', ['a']],
    ['/* export const a = 1 */ export function* b() {}', ['b']],
  ])('are found in %j', (text, names) => {
    expect([...exportsOf(text)!].sort()).toEqual(names.sort())
  })

  test.each([
    'export * from "./x.js"',
    'export const { a, b } = make()',
    'export default { a() {} }',
    'module.exports = { a }',
    'exports.a = 1',
    'const a = 1',
    'export const a = 1,\n  b = 2',
  ])('are known only when it is loaded: %j', (text) => {
    expect(exportsOf(text)).toBeUndefined()
  })
})
