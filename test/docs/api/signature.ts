import type { Callable, Parameter } from './model.js'
import { typeText } from './type-text.js'

const WIDTH = 100

/** The signature of a function, as a declaration would have it. */
export function signature(before: string, { typeParameters, parameters, returns }: Callable): string {
  const result = returns === undefined ? '' : `: ${returns.node ? typeText(returns.node) : returns.text}`
  const parts = parameters.map(parameterText)
  const line = `${before}${typeParameters}(${parts.join(', ')})${result}`
  if (line.length <= WIDTH || parts.length === 0) return line
  return `${before}${typeParameters}(\n${parts.map((part) => `  ${part},\n`).join('')})${result}`
}

function parameterText({ name, type, isOptional, isRest }: Parameter): string {
  const text = type === undefined ? '' : `: ${typeText(type)}`
  return `${isRest ? '...' : ''}${name}${isOptional ? '?' : ''}${text}`
}
