import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { topicMatches, topicPatternFault } from '../../src/core/topic-pattern.js'
import { TopicTrie } from '../../src/core/topic-trie.js'

const level = fc.constantFrom('a', 'b', '', '$SYS', 'c+')
const topic = fc
  .array(fc.constantFrom('a', 'b', '', '$SYS', '__proto__'), { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((text) => text !== '')
const pattern = fc
  .tuple(
    fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }),
    fc.constantFrom('a', '+', '#', '__proto__'),
  )
  .map(([levels, last]) => [...levels, last].join('/'))
  .filter((text) => topicPatternFault(text) === undefined)

describe('TopicTrie', () => {
  it('finds exactly the patterns that topicMatches matches, also after some were removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(pattern, fc.boolean()), { maxLength: 30 }), topic, (patterns, name) => {
        const trie = new TopicTrie<number>()
        const removals = patterns.map(([text], i) => trie.add(text, i))
        patterns.forEach(([, kept], i) => {
          if (!kept) removals[i]!()
        })
        const expected = patterns.flatMap(([text, kept], i) => (kept && topicMatches(text, name) ? [i] : []))
        expect(trie.match(name).sort((a, b) => a - b)).toEqual(expected)
        expect(trie.size).toBe(patterns.filter(([, kept]) => kept).length)
      }),
      { numRuns: 2_000 },
    )
  })

  it('removes one value once, and leaves an equal one alone', () => {
    const trie = new TopicTrie<string>()
    const remove = trie.add('a/+', 'x')
    trie.add('a/+', 'x')
    remove()
    remove()
    expect(trie.match('a/b')).toEqual(['x'])
    expect(trie.size).toBe(1)
  })

  it('withstands the deepest topic there can be', () => {
    const trie = new TopicTrie<string>()
    const deepest = '/'.repeat(65_535)
    const remove = trie.add(deepest, 'deep')
    trie.add('#', 'all')
    expect(trie.match(deepest).sort()).toEqual(['all', 'deep'])
    remove()
    expect(trie.match(deepest)).toEqual(['all'])
  })
})
