/**
 * Why a server cannot listen, in words.
 * @param error of Node, or of a library that puts the code of Node into its message
 */
export function listenReason({ code, message }: NodeJS.ErrnoException): string {
  switch (/\bE[A-Z]{3,}\b/.exec(`${code} ${message}`)?.[0]) {
    case 'EADDRINUSE':
      return 'it is in use'
    case 'EACCES':
      return 'it takes a permission that we do not have'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address'
    default:
      return message
  }
}
