import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pack, ROOT } from './support.js'

interface Published {
  readonly name: string
  readonly file: string
  readonly archive: Buffer
  readonly manifest: Readonly<Record<string, unknown>> & { readonly version: string }
}

/** Package managers hold back a version that is younger than some days. */
const PUBLISHED_AT = '2024-01-01T00:00:00.000Z'

/**
 * A registry of npm on the loopback with this package and what it depends on. Package managers install from it as from
 * the public one, whose address each of them has its own way to choose.
 */
export async function startRegistry(folder: string): Promise<{ url: string; close(): void }> {
  const { dependencies = {} } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const sources = [ROOT, ...Object.keys(dependencies).map((name) => join(ROOT, 'node_modules', name))]
  const published = await Promise.all(sources.map((source) => publish(source, folder)))
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    const archive = published.find(({ name, file }) => path === `${name}/-/${file}`)
    if (archive !== undefined) return response.end(archive.archive)
    const named = published.find(({ name }) => path === name)
    response.statusCode = named === undefined ? 404 : 200
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(named === undefined ? {} : document(named, addressOf(server))))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: addressOf(server),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function publish(source: string, folder: string): Promise<Published> {
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'))
  const file = await pack(source, folder)
  return { name: manifest.name, file, archive: await readFile(join(folder, file)), manifest }
}

function document({ name, file, archive, manifest }: Published, url: string): object {
  const hash = (algorithm: string) => createHash(algorithm).update(archive)
  const dist = {
    tarball: `${url}${name}/-/${file}`,
    shasum: hash('sha1').digest('hex'),
    integrity: `sha512-${hash('sha512').digest('base64')}`,
  }
  const { version } = manifest
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist } },
    time: { created: PUBLISHED_AT, modified: PUBLISHED_AT, [version]: PUBLISHED_AT },
  }
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
