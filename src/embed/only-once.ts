/** Makes a function that calls `task` the first time only. */
export function onlyOnce(task: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    task()
  }
}
