/**
 * Receives the path of each file that a configuration refers to, before it is read.
 * @param isReread whether the running gateway reads the file again by itself when it changes
 */
export type NoteFile = (path: string, isReread?: boolean) => void

/** Keeps the files of the configuration that was read last. */
export interface FileNotes {
  /** Called before a configuration is read again. */
  begin(): void
  readonly note: NoteFile
}
