import { fileURLToPath } from 'node:url'

/** The service of the gRPC scenarios. Not compiled, hence read where it was written. */
export const ECHO_PROTO = fileURLToPath(new URL('../../../bench/proto/echo.proto', import.meta.url))
