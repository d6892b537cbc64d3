import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findCycles } from '../../src/config/blocks/route-cycles.js'
import { cyclesIn, cyclesOf, type Edge } from '../../src/config/cycles.js'
import { parseTemplate } from '../../src/core/message-template.js'
import type { RouteSettings } from '../../src/core/settings/route.js'

/** Returns the shortest path from a node back to it, found by walking all paths in the order of their length. */
function shortestBack(start: string, edges: readonly Edge[]): readonly string[] | undefined {
  let paths: readonly (readonly string[])[] = [[start]]
  const reached = new Set<string>()
  while (paths.length > 0) {
    const longer: (readonly string[])[] = []
    for (const path of paths)
      for (const { to } of edges.filter(({ from }) => from === path.at(-1))) {
        if (to === start) return [...path, to]
        if (reached.has(to)) continue
        reached.add(to)
        longer.push([...path, to])
      }
    paths = longer
  }
  return undefined
}

const node = fc.integer({ min: 0, max: 9 }).map((number) => `n${number}`)
const edge = fc.record({ from: node, to: node })

describe('cycles of a graph', () => {
  test('are a shortest one through each node, and none twice', () => {
    fc.assert(
      fc.property(fc.uniqueArray(edge, { selector: ({ from, to }) => from + to, maxLength: 30 }), (edges) => {
        const expected: (readonly string[])[] = []
        const seen = new Set<string>()
        for (const { from } of edges) {
          const cycle = seen.has(from) ? undefined : shortestBack(from, edges)
          if (cycle === undefined) continue
          for (const each of cycle) seen.add(each)
          expected.push(cycle)
        }
        expect(cyclesOf(edges)).toEqual(expected)
      }),
    )
  })

  test.each([3_000, 50_000])('takes two steps for each node of a chain of %i', (length) => {
    let steps = 0
    const nodes = Array.from({ length }, (_, index) => `n${index}`)
    const next = (name: string) => {
      steps++
      const following = Number(name.slice(1)) + 1
      return following < length ? [`n${following}`] : []
    }
    expect(cyclesIn({ nodes, next })).toEqual([])
    expect(steps).toBe(2 * length)
  })
})

describe('cycles of routes', () => {
  const template = (text: string) => {
    const parsed = parseTemplate(text)
    return parsed.ok ? parsed.template : []
  }
  const route = (name: string, from: string, to: string, onRead = () => {}) => {
    const sink = { integration: 'events', kind: 'topic', target: template(to), maxAttempts: 1 } as const
    return {
      name,
      from: { integration: 'events', kind: 'topic', target: from },
      get to() {
        onRead()
        return sink
      },
    } as RouteSettings
  }

  test('each route of 40 layers with two ways to the next is followed once for each topic', () => {
    let steps = 0
    const layers = Array.from({ length: 40 }, (_, layer) =>
      ['a', 'b'].map((way) =>
        route(`${way}${layer}`, `t${layer}/#`, `t${layer + 1}/${way}`, () => {
          steps++
        }),
      ),
    )
    expect(findCycles(layers.flat())).toEqual([])
    // A route sees its own sample, and the topics of the two routes before it.
    expect(steps).toBeLessThanOrEqual(3 * 80)
  })

  test('a way back is found behind many that lead nowhere', () => {
    const routes = [
      route('start', 'in/#', 'a/0'),
      ...Array.from({ length: 10 }, (_, index) => route(`a${index}`, `a/${index}`, `a/${index + 1}`)),
      ...Array.from({ length: 10 }, (_, index) => route(`b${index}`, `a/${index}`, `a/${index + 1}`)),
      route('end', 'a/10', 'in/again'),
    ]
    const [cycle] = findCycles(routes)
    expect(cycle).toMatchObject({ route: 'start' })
    expect([cycle!.path.length, cycle!.path.at(-2), cycle!.path.at(-1)]).toEqual([13, 'end', 'start'])
  })

  test('topics that grow with each passage end the search', () => {
    const grow = (name: string) => route(name, 'x/#', `x/${name}/\${message.topic}`)
    expect(findCycles([grow('a'), grow('b')])).toEqual([
      { route: 'a', path: ['a', 'a'] },
      { route: 'b', path: ['b', 'a', 'b'] },
    ])
  })
})
