// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import fc from 'fast-check'

const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,6}$/)
const space = fc.constantFrom('', ' ', '  ', '\t', ' /* c */ ')
const lines = fc.constantFrom('\n', '\n\n', ' # a "comment\n', ' // b }\n', '\r\n', '\n/* c\n { */\n')

const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'abcXYZ019 .,:;/{}[]()#$%~<>=!?*+-_&|é名😀') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\\n',
      '\\t',
      '\\r',
      '\\"',
      '\\\\',
      '\\u00e9',
      '\\U0001F600',
      '$${',
      '%%{',
      '$$',
      '%%',
    ),
  },
)
/** The inside of a quoted string without sequences. */
const quotedText = fc
  .array(character, { maxLength: 12 })
  // A sign before a brace would begin a sequence.
  .map((parts) =>
    parts
      .join('')
      .replace(/(?<![$])\$\{/g, '$')
      .replace(/(?<![%])%\{/g, '%'),
  )
const quoted = quotedText.map((text) => `"${text}"`)

const number = fc.oneof(
  fc.integer({ min: 0, max: 1_000_000 }).map(String),
  fc.tuple(fc.nat(9999), fc.nat(9999)).map(([a, b]) => `${a}.${b}`),
  fc.tuple(fc.nat(99), fc.integer({ min: -9, max: 9 })).map(([a, b]) => `${a}e${b}`),
  fc.nat(999).map((a) => `-${a + 1}`),
)

const heredocLine = fc.constantFrom(
  '',
  '  ',
  'x',
  '  two',
  '\ttab',
  'a "quote" \\n',
  '   # no comment',
  '$${x} %%{y}',
  'EOTX',
  '  $ %',
)
const heredoc = fc
  .tuple(
    fc.constantFrom('<<EOT', '<<-EOT'),
    fc.array(heredocLine, { maxLength: 5 }),
    fc.constantFrom('', '  '),
  )
  .map(([open, text, indent]) => `${open}\n${text.map((line) => `${line}\n`).join('')}${indent}EOT\n`)

const { expression, template } = fc.letrec<{ expression: string; template: string }>((tie) => {
  const inner = tie('expression')
  const list = (open: string, close: string, item: fc.Arbitrary<string>) =>
    fc
      .tuple(fc.array(item, { maxLength: 3 }), space, fc.constantFrom('', ',', '\n'))
      .map(
        ([items, gap, last]) =>
          `${open}${gap}${items.join(`,${gap}`)}${items.length > 0 ? last : ''}${gap}${close}`,
      )
  const item = fc.tuple(
    fc.oneof(
      name,
      quoted,
      inner.map((text) => `(${text})`),
    ),
    fc.constantFrom(' = ', ':', '='),
    inner,
  )
  const key = (text: string) => (text === 'for' ? 'four' : text)
  const leaf = fc.oneof(number, quoted, fc.constantFrom('true', 'false', 'null'), name.map(key))
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      list('[', ']', inner),
      list(
        '{',
        '}',
        item.map(([left, middle, right]) => `${key(left)}${middle}${right}`),
      ),
      fc.tuple(name.map(key), list('(', ')', inner)).map(([called, values]) => `${called}${values}`),
      inner.map((text) => `(${text})`),
      fc
        .tuple(
          inner,
          fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', '&&', '||'),
          inner,
        )
        .map(([a, operator, b]) => `${a} ${operator} ${b}`),
      inner.map((text) => `!${text}`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `${a} ? ${b} : ${c}`),
      fc
        .tuple(
          name.map(key),
          fc.array(fc.constantFrom('.x', '[0]', '.*', '[*]', '["k"]', '.y-z'), { maxLength: 3 }),
        )
        .map(([root, steps]) => root + steps.join('')),
      fc
        .tuple(name.map(key), inner, inner)
        .map(([each, from, body]) => `[for ${each} in ${from} : ${body} if ${each} != 1]`),
      fc
        .tuple(name.map(key), inner, inner)
        .map(([each, from, body]) => `{for k, ${each} in ${from} : ${each} => ${body}...}`),
      tie('template'),
    ),
    template: fc
      .array(
        fc.oneof(
          quotedText,
          inner.map((text) => `\${${text}}`),
          inner.map((text) => `\${~ ${text} ~}`),
          inner.map((text) => `%{ if ${text} }a%{ else }b%{ endif }`),
          inner.map((text) => `%{ for x in ${text} ~} c %{ endfor }`),
        ),
        { minLength: 1, maxLength: 3 },
      )
      // Text that ends with a sign must not escape the sequence behind it.
      .map((parts) => `"${parts.join(' ')}"`),
  }
})

const value = fc.oneof({ weight: 4, arbitrary: expression }, { weight: 1, arbitrary: template })

const { body } = fc.letrec<{ body: string }>((tie) => {
  const attribute = fc
    .tuple(name, space, space, value, lines)
    .map(([key, before, after, text, end]) => `${key}${before}=${after}${text}${end}`)
  const withHeredoc = fc.tuple(name, heredoc).map(([key, text]) => `${key} = ${text}`)
  // The number of labels is in the type: the oracle cannot tell a label from the name of an argument.
  const block = fc
    .tuple(fc.array(fc.tuple(fc.boolean(), name), { maxLength: 2 }), tie('body'), lines)
    .map(([labels, inside, end]) => {
      const header = labels.map(([bare, label]) => (bare ? ` ${label}` : ` "${label}"`)).join('')
      return `B${labels.length}${header} {\n${inside}}${end}`
    })
  const single = fc.tuple(name, value).map(([key, text]) => `B0 { ${key} = ${text} }\n`)
  return {
    body: fc
      .array(fc.oneof({ maxDepth: 3, depthSize: 'small' }, attribute, withHeredoc, single, block), {
        maxLength: 5,
      })
      .map((items) => items.join('')),
  }
})

/** Documents with every construct of the language, some with an argument set twice. */
export const documents: fc.Arbitrary<string> = fc
  .tuple(fc.boolean(), lines, body)
  .map(([mark, start, text]) => (mark ? `\ufeff${text}` : start + text))
