import { expect, test } from 'vitest'
import { resultsIn } from '../../bench/report/page.js'
import { pageAt } from './markdown.js'
import { markedPart } from './marked.js'

test('the page on performance has the results that are kept (npm run bench writes both)', () => {
  const kept = JSON.parse(pageAt('bench/results/latest.json').text)
  expect(markedPart(pageAt('docs/performance.md').text, 'bench')).toBe(resultsIn(kept))
})
