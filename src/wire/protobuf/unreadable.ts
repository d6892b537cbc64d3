import { ConfigError } from '../../core/errors/config.js'

/** Makes the error for a file that cannot be read. */
export function unreadable(path: string, cause: NodeJS.ErrnoException): ConfigError {
  return new ConfigError(`${path}: the file cannot be read (${cause.code ?? cause.message})`, [], { cause })
}
