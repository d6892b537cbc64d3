import type { ScriptFunction } from '../core/settings/script.js'

/** A name may contain dots; that of a function does not. */
const FUNCTION = /^(.+)\.([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u

/** Reads `script.NAME.FUNCTION` or `NAME.FUNCTION`; returns `undefined` for any other text. */
export function scriptFunctionOf(text: string): ScriptFunction | undefined {
  const [, script, name] = FUNCTION.exec(text.replace(/^script\./, '')) ?? []
  return script === undefined ? undefined : { script, function: name! }
}
