/** The JSON name of a field, as protoc derives it: `user_name` is `userName`. */
export function jsonNameOf(name: string): string {
  return name.replace(/_+(.?)/g, (_, letter: string) => letter.toUpperCase())
}
