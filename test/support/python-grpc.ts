import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type BrokerProgram, CACHE, installPackage, libraryPath, unpackPackage } from './brokers.js'
import { findExecutable } from './executable.js'
import { withFileLock } from './file-lock.js'
import { ServerProcess } from './server-process.js'

const run = promisify(execFile)
const PACKAGE = 'python3-grpcio'
/** The tests run compiled, from `dist/test/support`. */
const SCRIPT = fileURLToPath(new URL('../../../test/adapters/grpc/interop/server.py', import.meta.url))
/** Debian's own, before one that is somebody's favourite and has no such package. */
const PYTHON_FOLDERS = ['/usr/bin', '/usr/local/bin']

/**
 * A Python with Debian's implementation of gRPC: that of the system, or one from the cache, else fetched with
 * apt-get (installed when we are root, else unpacked into the cache folder).
 * @throws Error saying what to install, when there is no way to get it.
 */
export async function findPythonGrpc(): Promise<BrokerProgram> {
  const root = join(CACHE, PACKAGE)
  const present = await lookUp(root)
  if (present !== undefined) return present
  return withFileLock(join(CACHE, `${PACKAGE}.lock`), async () => {
    const fetchedByOther = await lookUp(root)
    if (fetchedByOther !== undefined) return fetchedByOther
    await (process.getuid?.() === 0 ? installPackage(PACKAGE) : unpackPackage(PACKAGE, root)).catch(
      (error: Error) => {
        throw new Error(`install the package ${PACKAGE} for this test (${error.message.trim()})`, {
          cause: error,
        })
      },
    )
    const fetched = await lookUp(root)
    if (fetched !== undefined) return fetched
    throw new Error(`install the package ${PACKAGE} for this test: it was fetched, but cannot be imported`)
  })
}

async function lookUp(root: string): Promise<BrokerProgram | undefined> {
  const command =
    (await findExecutable('python3', PYTHON_FOLDERS)) ??
    (await findExecutable('python3', [join(root, 'usr/bin')]))
  if (command === undefined) return undefined
  const unpacked = {
    ...process.env,
    PYTHONPATH: join(root, 'usr/lib/python3/dist-packages'),
    LD_LIBRARY_PATH: libraryPath(root),
  }
  for (const env of [process.env, unpacked])
    try {
      await run(command, ['-c', 'import grpc, google.protobuf'], { env })
      return { command, env }
    } catch {
      // Not this one.
    }
  return undefined
}

/** A running server of the interoperability tests. */
export interface InteropServer {
  readonly port: number
  readonly process: ServerProcess
}

/** Starts it; resolves when it takes calls. @param port 0: any free one. @param files certificate, key and client CA */
export async function startInteropServer(port = 0, files: readonly string[] = []): Promise<InteropServer> {
  const process = await ServerProcess.start(await findPythonGrpc(), {
    args: ['-u', SCRIPT, String(port), ...files],
    ready: /listening on port \d+/,
  })
  return { process, port: Number(/listening on port (\d+)/.exec(process.log)![1]) }
}
