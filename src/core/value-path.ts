const LONGEST_KEY = 64

/** The step of a path into the member of that name: `.at`, or `["not a name"]`. */
export function step(key: string): string {
  if (/^[A-Za-z_$][\w$]{0,63}$/.test(key)) return `.${key}`
  return `[${JSON.stringify(key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key)}]`
}
