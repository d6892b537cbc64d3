// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of HCL
import { expect, test } from 'vitest'
import { constantText, parseTemplate, readsPayload, renderTemplate } from '../../src/core/message-template.js'

const MESSAGE = {
  topic: 'a/b',
  headers: { id: '7', 'x-y': 'z' },
  timestamp: 5,
  payload: { n: 1, ok: true, list: [{ id: 'first' }], nothing: null },
}

function render(text: string) {
  const parsed = parseTemplate(text)
  return parsed.ok ? renderTemplate(parsed.template, MESSAGE) : parsed
}

test.each([
  ['archive/${message.topic}', 'archive/a/b'],
  ['${message.headers.id}-${message.payload.n}', '7-1'],
  ['${ message.payload.list[0].id }', 'first'],
  ['${message.payload.list.0.id}', 'first'],
  ['${message.headers["x-y"]}', 'z'],
  ['${message.payload.ok}', 'true'],
  ['no $${sequence}', 'no ${sequence}'],
  ['', ''],
])('%s is %s', (text, expected) => {
  expect(render(text)).toEqual({ ok: true, text: expected })
})

test.each([
  ['${message.payload.gone}', 'message.payload.gone'],
  ['${message.payload.nothing}', 'message.payload.nothing'],
  ['${message.payload.list}', 'message.payload.list'],
  ['${message.payload.constructor}', 'message.payload.constructor'],
  ['${message.topic.length}', 'message.topic.length'],
])('%s has no text', (text, path) => {
  expect(render(text)).toEqual({ ok: false, path })
})

test.each(['${trigger.x}', '${message}', '${upper(message.topic)}', '${}'])('%s is no path', (text) => {
  expect(parseTemplate(text)).toEqual({ ok: false, found: text })
})

test('says what a template needs', () => {
  const of = (text: string) => {
    const parsed = parseTemplate(text)
    if (!parsed.ok) throw new Error(parsed.found)
    return parsed.template
  }
  expect(constantText(of('a'))).toBe('a')
  expect(constantText(of('a${message.topic}'))).toBeUndefined()
  expect(readsPayload(of('${message.payload.x}'))).toBe(true)
  expect(readsPayload(of('${message.topic}'))).toBe(false)
})
