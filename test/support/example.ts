/** The little server of `examples/custom-adapter`. */
interface LineServer {
  readonly port: number
  close(): Promise<void>
}

/** What the examples export that tests use. */
interface ExampleModules {
  readonly 'custom-adapter/line-server.mjs': { startLineServer(port?: number): Promise<LineServer> }
}

/** A module of the examples, which are not compiled. */
export async function exampleModule<P extends keyof ExampleModules>(path: P): Promise<ExampleModules[P]> {
  return (await import(new URL(`../../../examples/${path}`, import.meta.url).href)) as ExampleModules[P]
}
