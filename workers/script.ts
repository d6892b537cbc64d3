// Not the entry of a thread: the threads of a pool load this file, and call what it exports.
export { serveScript as default } from '../src/actor/scripts/serve-script.js'
