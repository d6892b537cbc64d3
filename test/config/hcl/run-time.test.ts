// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import { describe, expect, test } from 'vitest'
import { Diagnostics } from '../../../src/config/hcl/diagnostics.js'
import { resolve, type Scope } from '../../../src/config/hcl/index.js'
import { fault, late, summaries, value } from './support.js'

const scope: Scope = {
  variables: { var: { url: 'http://x', list: [{ id: 1 }, { id: 2 }] } },
  deferred: ['integration', 'trigger', 'action'],
}

describe('what is known at run time', () => {
  const now: Scope = { variables: { trigger: { result: { id: 7, list: [1, 2] } }, action: { x: null } } }

  test('a path alone is a reference', () => {
    for (const text of [
      'integration.backend',
      '"${integration.backend}"',
      '(integration.backend)',
      'integration["backend"]',
    ]) {
      expect(late('reference', text, scope).path).toEqual(['integration', 'backend'])
    }
    expect(late('reference', 'trigger.result.list[0]', scope).path).toEqual([
      'trigger',
      'result',
      'list',
      '0',
    ])
    expect(late('reference', 'integration[var.url]', scope).path).toEqual(['integration', 'http://x'])
    expect(late('reference', 'true ? integration.a : integration.b', scope).path).toEqual([
      'integration',
      'a',
    ])
  })

  test.each([
    ['{ order_id = "${trigger.result.id}" }', { order_id: 7 }],
    ['"id ${trigger.result.id} of ${var.url}"', 'id 7 of http://x'],
    ['trigger.result.id + 1', 8],
    ['[for x in trigger.result.list : x * 2]', [2, 4]],
    ['trigger.result.list[*]', [1, 2]],
    ['upper(trigger.result.id)', '7'],
    ['try(trigger.result.gone, "none")', 'none'],
    ['can(trigger.result.gone)', false],
    ['trigger.result.id == 7 ? var.url : "other"', 'http://x'],
    ['"%{ if trigger.result.id > 5 }big%{ endif }"', 'big'],
    ['var.list[trigger.result.list[0]].id', 2],
    ['action.x == null', true],
  ])('%s waits', (text, expected) => {
    const deferred = late('deferred', text, scope)
    const diagnostics = new Diagnostics()
    expect(deferred.evaluate(now, diagnostics)).toEqual(expected)
    expect(diagnostics.items).toEqual([])
  })

  test('what does not depend on it does not wait', () => {
    expect(value('true ? 1 : trigger.x', scope)).toBe(1)
    expect(value('false && trigger.x', scope)).toBe(false)
    expect(value('try(var.url, trigger.x)', scope)).toBe('http://x')
  })

  test('faults in the rest of the expression are found at once', () => {
    expect(fault('{ id = trigger.id, x = var.gone }', scope).message).toBe('unknown variable "var.gone"')
    expect(fault('uper(trigger.id)', scope).message).toBe('unknown function "uper"')
    expect(fault('trigger.ok ? nope : 1', scope).message).toBe('unknown name "nope"')
  })

  test('a fault at run time is reported at its place', () => {
    const diagnostics = new Diagnostics()
    expect(late('deferred', '1 + trigger.result.gone', scope).evaluate(now, diagnostics)).toBeUndefined()
    expect(summaries(diagnostics)).toEqual(['1:5 unknown value "trigger.result.gone"'])
  })

  test('it goes through locals', () => {
    const local = {
      backend: value('integration.backend', scope),
      text: value('"<${trigger.result.id}>"', scope),
    }
    const inner: Scope = { parent: scope, variables: { local } }
    expect(late('reference', 'local.backend', inner).path).toEqual(['integration', 'backend'])
    const deferred = late('deferred', '[for trigger in ["a"] : "${trigger}${local.text}"]', inner)
    expect(deferred.evaluate(now, new Diagnostics())).toEqual(['a<7>'])
  })

  test('resolve follows everything in a value, and keeps what is still unknown', () => {
    const config = { id: value('trigger.result.id', scope), list: [value('"${trigger.result.id}!"', scope)] }
    expect(resolve(config, now, new Diagnostics())).toEqual({ id: 7, list: ['7!'] })
    const backend = value('integration.backend', scope)
    expect(resolve({ backend }, now, new Diagnostics())).toEqual({ backend })
    const diagnostics = new Diagnostics()
    expect(resolve([value('trigger.gone', scope)], now, diagnostics)).toBeUndefined()
    expect(summaries(diagnostics)).toEqual(['1:1 unknown value "trigger.gone"'])
  })

  test('data from outside that looks like a reference is data', () => {
    const fake = { kind: 'reference', path: ['var', 'url'] }
    const outside: Scope = { variables: { trigger: { fake } } }
    expect(late('deferred', '[trigger.fake]', scope).evaluate(outside, new Diagnostics())).toEqual([fake])
  })
})
