import type { SeededRandom } from '../../../src/testing/seeded-random.js'
import type { Json } from '../../../src/transform/jq/values/json.js'

const TEXTS = [
  '',
  'a',
  'abc',
  'foo',
  'A b',
  'é',
  'x,y',
  '10',
  '-2.5',
  'true',
  '2015-03-05T23:51:47Z',
  '😀',
  '  t ',
  '<&>',
  "it's",
]
const NUMBERS = [0, 1, 2, 3, -1, 1.5, 10, 0.25, -7, 100]
const KEYS = ['a', 'b', 'c', 'foo', 'key', 'value', 'name']
const PLAIN =
  `length keys values not type add any all floor sqrt tostring tonumber tojson ascii_downcase ascii_upcase explode
  reverse sort unique min max flatten first last to_entries paths recurse empty arrays objects iterables booleans numbers
  strings nulls scalars transpose utf8bytelength trim ltrim rtrim abs toboolean keys_unsorted @text @json @csv @tsv @html
  @uri @sh @base64 @urid fabs round ceil isnan isinfinite isnormal implode from_entries tostream fromdate gmtime fromjson
  significand logb exp10 trunc log2 frexp modf`.split(/\s+/)
const OF_ONE =
  `map select sort_by group_by unique_by min_by max_by map_values any all path del first last isempty add
  with_entries has in inside contains startswith endswith ltrimstr rtrimstr trimstr join split index rindex indices flatten
  nth error IN INDEX`.split(/\s+/)
const REGEXES = ['"a"', '"[a-c]+"', '"(?<x>a)(b)?"', '"^a"', '"b$"', '"."', '"\\\\d+"', '" +"', '"x|y"']
const PATHS = [
  '.',
  '.a',
  '.b',
  '.foo',
  '.[0]',
  '.[-1]',
  '.[]',
  '.a?',
  '.[]?',
  '.[1:]',
  '.[:2]',
  '.key',
  '.value',
  '..',
]
const SUFFIXES = ['.a', '.b', '[0]', '[]', '[]?', '[1:]', '[-1]', '.foo?', '[1]?']
const OPERATORS = '+ - * / % == != < <= > >= and or //'.split(' ')
const UPDATES = '= |= += -= *= //='.split(' ')

/** Makes queries and inputs of the kinds that people write, and of kinds that nobody does. */
export class QueryGenerator {
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  input(depth = 3): Json {
    const kind = this.#random.number()
    if (depth === 0 || kind < 0.5) return this.#pick([null, true, false, ...NUMBERS, ...TEXTS] as Json[])
    if (kind < 0.75) return Array.from({ length: this.#below(4) }, () => this.input(depth - 1))
    return Object.fromEntries(
      Array.from({ length: this.#below(4) }, () => [this.#pick(KEYS), this.input(depth - 1)]),
    )
  }

  query(depth = 3): string {
    if (depth === 0) return this.#pick([() => this.#pick(PATHS), () => this.#literal()])()
    const inner = () => this.query(depth - 1)
    const path = () => this.#path(depth - 1)
    return this.#pick([
      path,
      path,
      () => `(${inner()} | ${inner()})`,
      () => `(${inner()}, ${inner()})`,
      () => `(${inner()} ${this.#pick(OPERATORS)} ${inner()})`,
      () => `(${inner()} ${this.#pick(OPERATORS)} ${inner()})`,
      () => `[${inner()}]`,
      () => `{${this.#pick(['a', '"k"', '(.a | tostring)'])}: ${inner()}, ${this.#pick(KEYS)}: ${inner()}}`,
      () => `"x\\(${inner()})y"`,
      () => `if ${inner()} then ${inner()} else ${inner()} end`,
      () => `(try ${inner()} catch "error")`,
      () => `(${inner()})?`,
      () => `(reduce ${path()} as $x (0; ${this.#pick(['. + 1', '[., $x]', '$x', inner()])}))`,
      () =>
        `[foreach ${path()} as $x (null; ${this.#pick(['. + 1', '$x', '. + $x'])}; ${this.#pick(['.', '[., $x]'])})]`,
      () => `(${inner()} as ${this.#pick(['$v', '[$v, $w]', '{a: $v}', '{$a, b: [$v]}'])} | [$v, .])`,
      () => `(${path()} ${this.#pick(UPDATES)} ${inner()})`,
      () => this.#pick(PLAIN),
      () => this.#pick(PLAIN),
      () => `(label $f | ${inner()}, break $f)`,
      () => `(def f: ${inner()}; f)`,
      () => `(def f(g; $x): [g, $x, .]; f(${inner()}; ${inner()}))`,
      () => `${this.#pick(['test', 'splits', 'scan', 'capture', 'match'])}(${this.#pick(REGEXES)})`,
      () => `${this.#pick(['sub', 'gsub'])}(${this.#pick(REGEXES)}; "z")`,
      () => `[match(${this.#pick(REGEXES)}; "g").offset]`,
      () => `setpath(["a", 0]; ${inner()})`,
      () => `delpaths([["a"], [0]])`,
      () => `[limit(2; ${inner()})]`,
      () => `[range(0; 5; ${this.#pick(['1', '2', '-1'])})]`,
      () => `[limit(10; recurse(${this.#pick(['.[]?', '.a?'])}))]`,
      () => `walk(if type == "number" then . + 1 else . end)`,
      () => this.#call(this.#pick(OF_ONE), depth - 1),
      () => this.#call(this.#pick(OF_ONE), depth - 1),
    ])()
  }

  #call(name: string, depth: number): string {
    const argument = name === 'path' || name === 'del' ? this.#path(depth) : this.query(depth)
    return name === 'path' ? `[path(${argument})]` : `${name}(${argument})`
  }

  #path(depth: number): string {
    if (depth <= 0) return this.#pick(PATHS)
    const inner = () => this.#path(depth - 1)
    return this.#pick([
      () => this.#pick(PATHS),
      () => this.#pick(PATHS),
      () => `(${inner()})${this.#pick(SUFFIXES)}`,
      () => `.${this.#pick(KEYS)}${this.#pick(SUFFIXES)}`,
      () => `(${inner()}, ${inner()})`,
      () => `(${inner()} | ${inner()})`,
      () => `(${inner()} // ${inner()})`,
      () => `select(${this.query(depth - 1)})`,
      () => `if ${this.query(depth - 1)} then ${inner()} else ${inner()} end`,
      () => `first(${inner()})`,
    ])()
  }

  #literal(): string {
    return JSON.stringify(this.#pick([null, true, false, ...NUMBERS, ...TEXTS] as Json[]))
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T
  }

  #below(count: number): number {
    return Math.floor(this.#random.number() * count)
  }
}
