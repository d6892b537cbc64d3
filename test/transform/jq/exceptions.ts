/** Cases of jq's own tests that the compiled path does not hold, by what they need. */
export const EXCEPTIONS: { readonly [reason: string]: (program: string) => boolean } = {
  'modules: a configuration has no folder to load them from': (program) =>
    /^(?:import|include|module)\b|^modulemeta\b/.test(program) && !program.includes('"\\ "'),
  'numbers beyond the range of a double: jq keeps their decimal text': (program) =>
    program.startsWith('9E999999999'),
}
