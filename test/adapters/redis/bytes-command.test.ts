import { Command } from 'ioredis'
import { expect, test } from 'vitest'
import { BytesCommand } from '../../../src/adapters/redis/client/bytes-command.js'

test.each([
  ['xack', ['stream', 'group', '1-1']],
  ['xadd', ['stream', '*', 'payload', Buffer.from([0, 255, 13, 10]), 'größe', 'ü€😀', 'nemo:sent', '1']],
  ['publish', ['topic', Buffer.from('text')]],
  ['publish', [Buffer.from('topic'), Buffer.alloc(0)]],
  ['xread', ['COUNT', 5, 'STREAMS', Buffer.from('stream'), 0]],
])('%s is written as ioredis writes it', (name, args) => {
  const theirs = new Command(name, args as (string | Buffer)[], { replyEncoding: null })
  const ours = new BytesCommand(name, args)
  expect(Buffer.from(ours.toWritable({}))).toEqual(Buffer.from(theirs.toWritable({})))
})
