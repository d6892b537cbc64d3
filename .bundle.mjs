// Builds what is published, straight from the sources and without type checks: the code of the host thread as a few
// files in dist/, each worker as one self-contained file in dist/workers/. All packages are bundled, so nothing else is
// installed with ours, and a bundler of an application can copy a worker as it is.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { build } from 'rolldown'
import { esmExternalRequirePlugin } from 'rolldown/plugins'

const root = import.meta.dirname
const dist = join(root, 'dist')

/**
 * Rewrites `new URL('…', import.meta.url)`. The sources name files as seen from where the compiler puts a module
 * (dist/src/…); every bundle of the host lies in dist/.
 */
const urlsFromDist = {
  name: 'urls-from-dist',
  transform: {
    filter: { id: /\/src\/.*\.ts$/, code: 'import.meta.url' },
    handler: (code, id) => {
      const folder = dirname(join(dist, relative(root, id)))
      return code.replace(/new URL\('(\.[^']*)', import\.meta\.url\)/g, (_, path) => {
        const target = relative(dist, resolve(folder, path)).replaceAll('\\', '/')
        return `new URL('${target.startsWith('.') ? target : `./${target}`}', import.meta.url)`
      })
    },
  },
}

/** Turns `require('fs')` into an import. What replaces it otherwise fails in a bundle that is CommonJS. */
const importBuiltins = esmExternalRequirePlugin({ external: [...builtinModules] })

/** Writes the licenses of the packages that are bundled: all of them ask that their text is passed on. */
const collectLicenses = {
  name: 'collect-licenses',
  writeBundle(_, bundle) {
    for (const { moduleIds = [] } of Object.values(bundle))
      for (const id of moduleIds) {
        const folder = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0]
        if (folder !== undefined && !licenses.has(folder)) licenses.set(folder, licenseOf(folder))
      }
    const texts = [...licenses.values()].sort()
    writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`))
  },
}
const licenses = new Map()

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry))
  const text = file === undefined ? `License: ${license}\n` : readFileSync(join(folder, file), 'utf8')
  return `${name} ${version}\n\n${text}`
}

const bundle = (input, output, plugins = []) =>
  build({
    platform: 'node',
    cwd: root,
    logLevel: 'warn',
    input,
    plugins: [...plugins, collectLicenses],
    output: { format: 'esm', comments: { legal: true, annotation: true, jsdoc: false }, ...output },
  })

const host = {
  index: 'src/index.ts',
  adapter: 'src/adapter.ts',
  testing: 'src/testing/index.ts',
  cli: 'src/cli/main.ts',
}
const workers = readdirSync(join(root, 'workers')).map((file) => file.replace(/\.ts$/, ''))

await bundle(host, { dir: dist, entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' }, [
  importBuiltins,
  urlsFromDist,
])
// An application may put the file where no package.json says that it is a module: its name does.
for (const name of workers)
  await bundle(
    { [name]: `workers/${name}.ts` },
    { dir: join(dist, 'workers'), entryFileNames: '[name].mjs', codeSplitting: false },
  )
