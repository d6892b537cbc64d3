/**
 * A page whose part between `<!-- NAME -->` and `<!-- /NAME -->` is written from the code.
 * @throws Error where the page has no such markers
 */
export function markedPart(page: string, name: string): string {
  const found = markers(name).exec(page)
  if (found === null) throw new Error(`the page has no <!-- ${name} --> markers`)
  return found[2]!
}

/** The page with `text` in place of that part. */
export function withMarkedPart(page: string, name: string, text: string): string {
  return page.replace(markers(name), (_, begin: string, __, end: string) => begin + text + end)
}

const markers = (name: string) => new RegExp(`(<!-- ${name} -->\\n)(.*?)(\\n<!-- /${name} -->)`, 's')
