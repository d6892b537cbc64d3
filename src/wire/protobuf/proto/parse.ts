import protobufjs from 'protobufjs'
import type { Diagnostic } from '../../../core/diagnostic.js'
import { ConfigError } from '../../../core/errors/config.js'

/** A parsed .proto file whose names are not resolved. */
export interface ParsedProto {
  /** The name by which other files import it. */
  readonly name: string
  /** Where the file was found, for messages. */
  readonly path: string
  readonly source: string
  readonly package: string
  /** `proto2`, `proto3`, or the edition. */
  readonly syntax: string
  readonly imports: readonly string[]
  /** The `import public` statements, whose names are also visible to files that import this one. */
  readonly publicImports: readonly string[]
  /** The declarations in its package. */
  readonly declarations: readonly protobufjs.ReflectionObject[]
}

/** Parses a .proto file. @throws ConfigError with the line of the fault */
export function parseProto(name: string, path: string, source: string): ParsedProto {
  let root: protobufjs.Root
  let parsed: protobufjs.IParserResult
  let head: Head
  try {
    root = new protobufjs.Root()
    parsed = protobufjs.parse(source, root, { keepCase: true })
    head = headOf(source)
  } catch (cause) {
    throw syntaxError(path, source, (cause as Error).message)
  }
  const space = parsed.package === undefined ? root : (root.lookup(parsed.package) as protobufjs.Namespace)
  return {
    name,
    path,
    source,
    package: parsed.package ?? '',
    imports: [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])],
    // A namespace is the package itself, not a declaration.
    declarations: space.nestedArray.filter((object) => object.constructor !== protobufjs.Namespace),
    ...head,
  }
}

/** Makes the error for a line of a .proto file; line 0 if it is unknown. */
export function protoError(path: string, source: string, line: number, message: string): ConfigError {
  const text = source.split(/\r?\n/)[line - 1]
  const diagnostic: Diagnostic = {
    severity: 'error',
    file: path,
    line,
    column: line === 0 ? 0 : 1 + (text?.search(/\S/) ?? 0),
    message,
    ...(text === undefined ? {} : { source: text }),
  }
  return new ConfigError(`${path}${line === 0 ? '' : `:${line}`}: ${message}`, [diagnostic])
}

function syntaxError(path: string, source: string, message: string): ConfigError {
  // The parser reports the line as in `illegal token 'x' (line 3)`.
  const parts = /^(.*) \((?:.*, )?line (\d+)\)$/s.exec(message)
  return parts === null
    ? protoError(path, source, 0, message)
    : protoError(path, source, Number(parts[2]), parts[1]!)
}

type Head = Pick<ParsedProto, 'syntax' | 'publicImports'>

/** Reads syntax and public imports, which the parser does not return. */
function headOf(source: string): Head {
  const { next } = protobufjs.tokenize(source, false)
  const publicImports: string[] = []
  let syntax = 'proto2'
  let depth = 0
  const text = (): string => {
    // Three tokens: quote, text, quote.
    next()
    const content = next() ?? ''
    next()
    return content
  }
  for (let token = next(); token !== null; token = next()) {
    if (token === '{') depth++
    else if (token === '}') depth--
    else if (token === '"' || token === "'") {
      next()
      next()
    } else if (depth > 0) continue
    else if (token === 'public') publicImports.push(text())
    else if (token === 'syntax' || token === 'edition') {
      next()
      syntax = text()
    }
  }
  return { syntax, publicImports }
}
