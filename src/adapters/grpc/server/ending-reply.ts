import type { Reply } from './reply.js'

/**
 * Makes a reply that can be ended from outside: what the handler sends after that is dropped.
 * @param onEnd called when the reply ends, by an answer or a refusal
 */
export function endingReply(reply: Reply, onEnd: () => void): Reply {
  let isOver = false
  const end = () => {
    if (isOver) return false
    isOver = true
    onEnd()
    return true
  }
  return {
    get isOver() {
      return isOver
    },
    send(messages) {
      if (end()) reply.send(messages)
    },
    refuse(refusal) {
      if (end()) reply.refuse(refusal)
    },
    ...(reply.part && {
      part: async (message) => !isOver && (await reply.part!(message)) && !isOver,
    }),
  }
}
