/** The JSON name of a field as protoc derives it: `userName` for `user_name`. */
export function jsonNameOf(name: string): string {
  return name.replace(/_+(.?)/g, (_, letter: string) => letter.toUpperCase())
}
