// Builds what is published, straight from the sources and without type checks: the code of the host thread as a few
// files in dist/, each worker as one self-contained file in dist/workers/. All packages are bundled, so nothing else is
// installed with ours, and a bundler of an application can copy a worker as it is.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
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
const importBuiltins = esmExternalRequirePlugin({
  external: builtinModules.flatMap((name) => [name, `node:${name}`]),
})

/**
 * Packages that few actors need, and that are loaded when one does. As ES modules their declarations would be lifted to
 * the top of the file: each thread would make thousands of functions at its start. As CommonJS they are one function.
 */
const LAZY_PACKAGES = {
  protobuf: ['@bufbuild/protobuf', '@bufbuild/protobuf/wire', '@bufbuild/protobuf/wkt'],
  jose: ['jose'],
  oauth4webapi: ['oauth4webapi'],
}

/** Modules of Node that take time and memory to load, and that not every actor needs. */
const LAZY_BUILTINS = /^(?:node:)?(?:tls|crypto|https?|http2|zlib|vm|dns\/promises|fs\/promises)$/

/** Turns both into CommonJS, which runs where it is first imported. */
const lazyModules = {
  name: 'lazy-modules',
  resolveId: (id) => {
    if (LAZY_BUILTINS.test(id)) return `\0builtin:${id}`
    const name = Object.keys(LAZY_PACKAGES).find((key) => LAZY_PACKAGES[key].includes(id))
    return name === undefined ? null : `\0lazy:${name}`
  },
  load: async (id) => {
    const [kind, name] = id.split(/:(.*)/)
    if (kind === '\0builtin') return commonJs(`module.exports = process.getBuiltinModule('${name}')`)
    return kind === '\0lazy' ? commonJs(await packed(name)) : null
  },
}

const commonJs = (code) => ({ code, moduleType: 'js' })

/** What the sources import of a package by name; all of it where they take it as a whole. */
function exportsUsed(path) {
  const names = new Set()
  const quoted = `['"]${path}['"]`
  const named = new RegExp(
    `(?<!type )\\{([^}]*)\\} (?:from|= await import\\()\\s*${quoted}|import\\(${quoted}`,
    'g',
  )
  for (const text of sources)
    for (const [, list] of text.matchAll(named)) {
      if (list === undefined) return `export * from '${path}'`
      for (const name of list.split(','))
        if (!/^\s*(?:type |$)/.test(name)) names.add(name.trim().split(' as ')[0])
    }
  return `export { ${[...names].join(', ')} } from '${path}'`
}
const sources = readdirSync(join(root, 'src'), { recursive: true })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, 'src', file), 'utf8'))

/** What is used of a package that is loaded lazily, as one CommonJS module in few bytes. */
async function packed(name) {
  const entry = {
    name: 'entry',
    resolveId: (id) => (id === '\0entry' ? id : null),
    load: (id) => (id === '\0entry' ? LAZY_PACKAGES[name].map(exportsUsed).join('\n') : null),
  }
  const { output } = await build({
    input: '\0entry',
    write: false,
    platform: 'node',
    cwd: root,
    plugins: [entry, collectLicenses],
    output: { format: 'cjs', minify: true, comments: { legal: false } },
  })
  return output[0].code
}

/** The WebAssembly of jq, compressed and as text, in the one worker that runs it. */
const embedJq = {
  name: 'embed-jq',
  resolveId: (id) => (id === 'jq-wasm' ? EMBEDDED_JQ : null),
  load: (id) => (id === EMBEDDED_JQ ? embeddedJq() : null),
}
const EMBEDDED_JQ = '\0jq'

function embeddedJq() {
  const jq = join(root, 'node_modules', 'jq-wasm', 'dist')
  const wasm = readFileSync(join(jq, 'build', 'jq.wasm'))
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
  return `import { loadJq as load } from '${join(jq, 'index.mjs').replaceAll('\\', '/')}'
import { brotliDecompressSync } from 'node:zlib'
export const loadJq = () => load({ wasmBinary: brotliDecompressSync(Buffer.from(TEXT, 'base64')) })
const TEXT = '${brotliCompressSync(wasm, { params }).toString('base64')}'`
}

/** One character beyond Latin-1 doubles the memory of a source: V8 keeps one byte a character only without. */
const oneByteSources = {
  name: 'one-byte-sources',
  // After all else: a step that prints the code once more would write the characters again.
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle))
      if (chunk.type === 'chunk') chunk.code = chunk.code.replace(/[^\0-\xff]/g, escaped)
  },
}

const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Collects the licenses of the packages that are bundled: all of them ask that their text is passed on. */
const collectLicenses = {
  name: 'collect-licenses',
  generateBundle(_, bundle) {
    for (const { moduleIds = [] } of Object.values(bundle))
      for (const id of moduleIds) {
        const folder = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0]
        if (folder !== undefined && !licenses.has(folder)) licenses.set(folder, licenseOf(folder))
      }
  },
}
const licenses = new Map()

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry))
  const text = file === undefined ? `License: ${license}\n` : readFileSync(join(folder, file), 'utf8')
  return `${name} ${version}\n\n${text}`
}

/** Starts the threads of a pool from a file of ours: the package looks for its own beside itself. */
const poolThread = {
  name: 'pool-thread',
  transform: {
    filter: { id: /[\\/]piscina[\\/]dist[\\/]index\.js$/ },
    handler: (code) => {
      const own = /\(0, node_path_1\.resolve\)\(__dirname, 'worker\.js'\)/
      if (!own.test(code)) throw new Error('piscina names its worker in another way')
      const ours =
        "process.getBuiltinModule('node:url').fileURLToPath(new URL('./workers/pool.mjs', import.meta.url))"
      return code.replace(own, ours)
    },
  },
}

/** A native package, with which a pool may lower the priority of its threads. We do not. */
const withoutNice = {
  name: 'without-nice',
  resolveId: (id) => (id === '@napi-rs/nice' ? '\0none' : null),
  load: (id) => (id === '\0none' ? 'export {}' : null),
}

const bundle = (input, output, plugins = []) =>
  build({
    platform: 'node',
    cwd: root,
    logLevel: 'warn',
    input,
    plugins: [...plugins, oneByteSources, collectLicenses],
    output: { format: 'esm', comments: { legal: true, annotation: true, jsdoc: false }, ...output },
  })

const host = {
  index: 'src/index.ts',
  adapter: 'src/adapter.ts',
  testing: 'src/testing/index.ts',
  cli: 'src/cli/main.ts',
}
/** What a thread loads by itself, or a pool; all other workers are programs. */
const MODULES = ['jq', 'script', 'transform']
// An application may put the file where no package.json says that it is a module: its name does.
const module = { entryFileNames: '[name].mjs' }
/** What `src/supervisor/thread-start.ts` compiles and runs. */
const program = {
  format: 'cjs',
  entryFileNames: '[name].cjs',
  // Without a call, a minifier would take the function for dead code. Without parentheses, V8 would read it twice.
  postBanner: "startProgram((function (require, __filename) { 'use strict'",
  postFooter: '}))',
}
const workers = readdirSync(join(root, 'workers')).map((file) => file.replace(/\.ts$/, ''))

await bundle(host, { dir: dist, entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' }, [
  importBuiltins,
  urlsFromDist,
  poolThread,
])
for (const name of workers)
  await bundle(
    { [name]: `workers/${name}.ts` },
    { ...(MODULES.includes(name) ? module : program), dir: join(dist, 'workers'), codeSplitting: false },
    // Every actor of gRPC needs Protobuf.
    [...(name === 'jq' ? [embedJq] : []), ...(name.startsWith('grpc') ? [] : [lazyModules])],
  )

// The threads of a pool start with a file of its package, which loads ours.
await bundle(
  { pool: join(root, 'node_modules', 'piscina', 'dist', 'worker.js') },
  { ...module, dir: join(dist, 'workers'), codeSplitting: false },
  [withoutNice],
)

const texts = [...licenses.values()].sort()
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`))
