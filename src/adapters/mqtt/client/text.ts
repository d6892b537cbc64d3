/** Maximum number of topic levels. Mosquitto closes the connection over more; EMQX refuses more than 128 by default. */
const MOST_LEVELS = 200
const LONGEST_BYTES = 65_535

/**
 * Control characters and noncharacters, over which a broker may close the connection (MQTT 5, section 1.5.4; Mosquitto
 * does), and lone surrogates, which UTF-8 cannot encode.
 */
const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what the specification forbids
  /[\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\u{1fffe}\u{1ffff}\u{2fffe}\u{2ffff}\u{3fffe}\u{3ffff}\u{4fffe}\u{4ffff}\u{5fffe}\u{5ffff}\u{6fffe}\u{6ffff}\u{7fffe}\u{7ffff}\u{8fffe}\u{8ffff}\u{9fffe}\u{9ffff}\u{afffe}\u{affff}\u{bfffe}\u{bffff}\u{cfffe}\u{cffff}\u{dfffe}\u{dffff}\u{efffe}\u{effff}\u{ffffe}\u{fffff}\u{10fffe}\u{10ffff}]/u

/** Returns why MQTT cannot carry `text` as a string, or undefined if it can. */
export function textFault(text: string): string | undefined {
  const found = FORBIDDEN.exec(text)
  if (found !== null)
    return `it contains U+${found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}, which MQTT does not allow`
  if (text.length * 3 > LONGEST_BYTES && Buffer.byteLength(text) > LONGEST_BYTES)
    return 'it is longer than 65,535 bytes'
  return undefined
}

/** Returns why a broker may close the connection over a topic or filter, apart from its wildcards. */
export function topicTextFault(topic: string): string | undefined {
  const fault = textFault(topic)
  if (fault !== undefined) return fault
  let slashes = 0
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) slashes++
  return slashes > MOST_LEVELS ? `it has more than ${MOST_LEVELS} levels` : undefined
}
