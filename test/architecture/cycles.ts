import type { SourceFile } from './source-file.js'

/** Import cycles, each as the files on it with the first once more at its end; types count as well. */
export function cycles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const targets = new Map(files.map(({ path, imports }) => [path, imports.flatMap(({ file }) => file ?? [])]))
  const done = new Set<string>()
  const trail: string[] = []
  const found: string[][] = []

  const visit = (path: string): void => {
    const start = trail.indexOf(path)
    if (start !== -1) {
      found.push([...trail.slice(start), path])
      return
    }
    if (done.has(path)) return
    trail.push(path)
    for (const target of new Set(targets.get(path))) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const { path } of files) visit(path)
  return found
}
