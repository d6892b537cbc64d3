/** What the files of one layer may import. Patterns: `*` is within a folder, `**` crosses folders, `{own}` is the file's own `src/x/y`. */
export interface Layer {
  readonly name: string
  readonly files: readonly string[]
  /** Files of this repository. A leading `!` takes away again. */
  readonly imports: readonly string[]
  /** Packages, where they may be imported with their values. Node's own modules are free. */
  readonly packages?: readonly string[]
  /** Packages of which types alone may be imported. */
  readonly typePackages?: readonly string[]
}

/** The packages that belong to protocols: imported in the folders that name them and nowhere else. */
export const PROTOCOL_PACKAGES: { readonly [folder: string]: readonly string[] } = {
  'src/adapters/mqtt': ['mqtt', 'ws'],
  'src/adapters/nats': [
    '@nats-io/transport-node',
    '@nats-io/jetstream',
    '@nats-io/nats-core',
    '@nats-io/services',
  ],
  'src/adapters/redis': ['ioredis'],
  'src/adapters/grpc': ['@grpc/grpc-js'],
  'src/adapters/json-rpc': ['undici', 'ws'],
  'src/brokers/mqtt': ['aedes'],
}

const MANIFESTS = ['src/adapters/*/manifest.ts', 'src/brokers/*/manifest.ts']
/** What the schemas of manifests are made of: read on the host thread, as they are. */
const CONFIG_KINDS = 'src/adapters/config-kinds.ts'
/** What a manifest shares with its adapter: without the schemas, which no worker is to load. */
const SHARED = 'src/adapters/*/shared.ts'
const CATALOGUES = ['src/adapters/catalogue.ts', 'src/brokers/catalogue.ts']
const HOST = [
  'ledger',
  'supervisor',
  'router',
  'client',
  'server',
  'scripts',
  'dataflow',
  'telemetry',
  'embed',
  'config',
  'reload',
  'watch',
  'cli',
]
const BOTH_THREADS = ['core', 'wire', 'resilience', 'mailbox']
const all = (folders: readonly string[]) => folders.map((folder) => `src/${folder}/**`)

const ADAPTER = ['src/core/**', 'src/wire/**', '{own}/**', 'src/adapters/*.ts', '!src/adapters/catalogue.ts']

/** Ports and collections that a protocol's own client may use: it knows nothing of the gateway. */
const CLIENT_PORTS = [
  'src/core/bare-record.ts',
  'src/core/clock.ts',
  'src/core/deque.ts',
  'src/core/random.ts',
  'src/core/sequence-table.ts',
  'src/core/topic-pattern.ts',
  'src/core/value.ts',
]

/** DESIGN section 8 as data. A file belongs to the first layer that names it; one that no layer names is a fault. */
export const LAYERS: readonly Layer[] = [
  { name: 'core', files: ['src/core/**'], imports: ['src/core/**'], typePackages: ['zod'] },
  {
    name: 'wire',
    files: ['src/wire/**'],
    imports: all(['core', 'wire']),
    packages: ['@msgpack/msgpack', '@bufbuild/protobuf', 'protobufjs'],
  },
  { name: 'resilience', files: ['src/resilience/**'], imports: all(['core', 'resilience']) },
  { name: 'mailbox', files: ['src/mailbox/**'], imports: all(['core', 'mailbox']), packages: ['comlink'] },
  {
    name: 'manifest or catalogue',
    files: [...MANIFESTS, ...CATALOGUES],
    imports: ['src/core/**', ...MANIFESTS, CONFIG_KINDS, SHARED],
    packages: ['zod'],
  },
  { name: 'shared by manifest and adapter', files: [SHARED], imports: ['src/core/**'] },
  { name: 'kinds of configuration', files: [CONFIG_KINDS], imports: ['src/core/**'], packages: ['zod'] },
  {
    name: 'adapters shared',
    files: ['src/adapters/*.ts'],
    imports: ['src/core/**', 'src/wire/**', 'src/adapters/*.ts', '!src/adapters/catalogue.ts'],
    packages: ['jose', 'oauth4webapi'],
  },
  {
    name: 'memory adapter',
    files: ['src/adapters/memory/**'],
    imports: [...ADAPTER, 'src/brokers/memory/line.ts'],
  },
  {
    name: 'grpc adapter',
    files: ['src/adapters/grpc/**'],
    imports: ADAPTER,
    packages: ['@bufbuild/protobuf', 'protobufjs'],
  },
  {
    name: 'nats client',
    files: ['src/adapters/nats/client/**'],
    imports: [
      'src/core/**',
      '!src/core/adapter/**',
      '!src/core/manifest.ts',
      'src/adapters/nats/client/**',
      'src/adapters/abort.ts',
      'src/adapters/cut-off.ts',
      'src/adapters/handshake.ts',
      'src/adapters/socket-failure.ts',
      'src/adapters/tls.ts',
    ],
  },
  {
    name: 'mqtt client',
    files: ['src/adapters/mqtt/client/**'],
    imports: [...CLIENT_PORTS, '{own}/client/**'],
  },
  { name: 'adapter', files: ['src/adapters/*/**'], imports: ADAPTER },
  { name: 'brokers shared', files: ['src/brokers/*.ts'], imports: ['src/core/**', 'src/brokers/*.ts'] },
  {
    name: 'broker',
    files: ['src/brokers/*/**'],
    imports: ['src/core/**', '{own}/**', 'src/brokers/*.ts', '!src/brokers/catalogue.ts'],
  },
  {
    name: 'discovery',
    files: ['src/discovery/**'],
    imports: [
      ...all(['core', 'resilience', 'discovery']),
      'src/adapters/handshake.ts',
      'src/adapters/socket-failure.ts',
      'src/adapters/tls.ts',
    ],
  },
  { name: 'buffer', files: ['src/buffer/**'], imports: all(['core', 'buffer']) },
  {
    name: 'authentication',
    files: ['src/authentication/**'],
    imports: [
      ...all(['core', 'authentication']),
      'src/adapters/token-request.ts',
      'src/adapters/refusals.ts',
    ],
    packages: ['jose', 'oauth4webapi'],
  },
  {
    name: 'actor',
    files: ['src/actor/**'],
    imports: [
      ...all([
        'core',
        'wire',
        'resilience',
        'mailbox',
        'transform',
        'discovery',
        'authentication',
        'buffer',
        'actor',
      ]),
      'src/brokers/embedded-broker.ts',
    ],
  },
  { name: 'jq', files: ['src/transform/jq/**'], imports: ['src/core/**', 'src/transform/jq/**'] },
  {
    name: 'transform',
    files: ['src/transform/**'],
    imports: all(['core', 'transform']),
    packages: ['jq-wasm'],
  },
  {
    name: 'worker entry',
    files: ['workers/**'],
    imports: [
      'src/actor/**',
      'src/adapters/*/**',
      'src/brokers/*/**',
      'src/transform/*.ts',
      'src/transform/slow/**',
    ],
  },
  {
    name: 'supervisor',
    files: ['src/supervisor/**'],
    imports: [...all(['core', 'mailbox', 'supervisor']), 'src/resilience/backoff.ts'],
  },
  {
    name: 'ledger',
    files: ['src/ledger/**'],
    imports: [...all(['core', 'mailbox', 'ledger']), 'src/resilience/backoff.ts', 'src/resilience/reopen.ts'],
  },
  { name: 'router', files: ['src/router/**'], imports: all(['core', 'mailbox', 'router']) },
  { name: 'client', files: ['src/client/**'], imports: all(['core', 'mailbox', 'client']) },
  {
    name: 'telemetry',
    files: ['src/telemetry/**'],
    imports: all(['core', 'mailbox', 'telemetry']),
    packages: ['@opentelemetry/api'],
  },
  {
    name: 'server',
    files: ['src/server/**'],
    imports: all(['core', 'mailbox', 'router', 'server']),
    packages: ['jose'],
  },
  {
    name: 'scripts',
    files: ['src/scripts/**'],
    imports: all(['core', 'mailbox', 'router', 'watch', 'scripts']),
    packages: ['piscina'],
  },
  {
    name: 'dataflow',
    files: ['src/dataflow/**'],
    imports: [
      ...all(['core', 'mailbox', 'client', 'dataflow']),
      'src/resilience/backoff.ts',
      'src/transform/jq/**',
    ],
  },
  {
    name: 'embed',
    files: ['src/embed/**'],
    imports: all(['core', 'wire', 'mailbox', 'client', 'embed']),
    packages: ['zod'],
  },
  {
    name: 'reload',
    files: ['src/reload/**'],
    imports: [...all(['core', 'mailbox', 'config', 'supervisor', 'watch', 'reload']), ...CATALOGUES],
  },
  { name: 'watch', files: ['src/watch/**'], imports: all(['core', 'watch']) },
  {
    name: 'configuration language',
    files: ['src/config/hcl/**'],
    imports: [
      'src/config/hcl/**',
      'src/core/diagnostic.ts',
      'src/core/did-you-mean.ts',
      'src/core/note-file.ts',
      'src/core/read-file.ts',
      'src/core/user-info.ts',
    ],
  },
  {
    name: 'config',
    files: ['src/config/**'],
    imports: [...all(['core', 'config']), ...CATALOGUES, CONFIG_KINDS, 'src/transform/jq/**'],
    packages: ['zod'],
  },
  {
    name: 'host composition',
    files: ['src/*.ts', 'src/cli/**'],
    imports: ['src/*.ts', ...all([...BOTH_THREADS, ...HOST]), ...CATALOGUES],
    packages: ['eventemitter3'],
  },
  { name: 'testing', files: ['src/testing/**'], imports: ['src/**'], packages: ['vitest', 'fast-check'] },
]

/** The only files that import values from `node:worker_threads`; types are free. */
export const THREAD_FILES = [
  'src/supervisor/thread-spawner.ts',
  'src/actor/thread.ts',
  'src/mailbox/channel.ts',
] as const

const CLOCK = ['src/core/clock.ts']
const RANDOM = ['src/core/random.ts']
// Signals made elsewhere warn of a leak at the eleventh listener.
const ABORT = ['src/core/abort.ts', 'src/testing/**']
const CLI = ['src/cli/**']
/** These take any file: all that a configuration names is read by src/core/read-file.ts, which no pipe can block. */
const OWN_FILES = ['src/buffer/**', 'src/actor/routes/key-file.ts', 'src/cli/version.ts']

/** Globals, and modules that give the same, with the only files that may use them. */
export const CONFINED: { readonly [use: string]: readonly string[] } = {
  setTimeout: CLOCK,
  setInterval: CLOCK,
  setImmediate: CLOCK,
  'Date.now': CLOCK,
  'new Date()': CLOCK,
  'performance.now': CLOCK,
  'process.hrtime': CLOCK,
  'AbortSignal.timeout': CLOCK,
  'new AbortController': ABORT,
  'AbortSignal.any': ABORT,
  'node:timers': CLOCK,
  'node:timers/promises': CLOCK,
  'Math.random': RANDOM,
  randomUUID: RANDOM,
  randomBytes: RANDOM,
  randomInt: RANDOM,
  randomFillSync: RANDOM,
  getRandomValues: RANDOM,
  readFile: OWN_FILES,
  readFileSync: OWN_FILES,
  createReadStream: OWN_FILES,
  'node:console': CLI,
  console: CLI,
  // The fault injector ends its own thread, which is what it is for.
  'process.exit': [...CLI, 'src/actor/chaos.ts'],
}
