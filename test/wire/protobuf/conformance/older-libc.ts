/**
 * The conformance runner is built for glibc 2.38, of which it uses five names that older systems have under another
 * one: four parsers of numbers that differ in binary literals of C23 alone, and the start of the standard streams.
 * This gives a copy of the program that asks for the older names.
 */
export function forOlderLibc(program: Buffer): Buffer {
  const elf = Buffer.from(program)
  const sections = sectionsOf(elf)
  const names = sections.get('.dynstr')!
  const symbols = sections.get('.dynsym')!
  const versions = sections.get('.gnu.version')!
  const base = relaxVersions(elf, sections.get('.gnu.version_r')!, names)
  for (let i = 0; i < symbols.size / SYMBOL; i++) {
    const at = symbols.offset + i * SYMBOL
    const name = textAt(elf, names.offset + elf.readUInt32LE(at))
    if (name.startsWith(C23)) elf.writeUInt32LE(elf.readUInt32LE(at) + C23.length, at)
    else if (name === STREAMS[0]) elf.write(`${STREAMS[1]}\0`, names.offset + elf.readUInt32LE(at))
    else continue
    elf.writeUInt16LE(name === STREAMS[0] ? base.cxx : base.c, versions.offset + i * 2)
  }
  return elf
}

const C23 = '__isoc23_'
const STREAMS = ['_ZSt21ios_base_library_initv', '_ZNSt8ios_base4InitC1Ev'] as const
const TOO_NEW = new Set(['GLIBC_2.38', 'GLIBCXX_3.4.32'])
const WEAK = 2
const SYMBOL = 24

interface Section {
  readonly offset: number
  readonly size: number
}

function sectionsOf(elf: Buffer): ReadonlyMap<string, Section> {
  const start = Number(elf.readBigUInt64LE(0x28))
  const headers = Array.from({ length: elf.readUInt16LE(0x3c) }, (_, i) =>
    elf.subarray(start + i * 64, start + (i + 1) * 64),
  )
  const section = (header: Buffer): Section => ({
    offset: Number(header.readBigUInt64LE(0x18)),
    size: Number(header.readBigUInt64LE(0x20)),
  })
  const names = section(headers[elf.readUInt16LE(0x3e)]!)
  return new Map(
    headers.map((header) => [textAt(elf, names.offset + header.readUInt32LE(0)), section(header)]),
  )
}

/** Lets the loader do without the new versions. @returns the numbers of the oldest versions of both libraries. */
function relaxVersions(
  elf: Buffer,
  needs: Section,
  names: Section,
): { readonly c: number; readonly cxx: number } {
  const numbers = new Map<string, number>()
  for (let need = needs.offset; ; need += elf.readUInt32LE(need + 12)) {
    for (let version = need + elf.readUInt32LE(need + 8); ; version += elf.readUInt32LE(version + 12)) {
      const name = textAt(elf, names.offset + elf.readUInt32LE(version + 8))
      if (TOO_NEW.has(name)) elf.writeUInt16LE(WEAK, version + 4)
      if (!numbers.has(name)) numbers.set(name, elf.readUInt16LE(version + 6))
      if (elf.readUInt32LE(version + 12) === 0) break
    }
    if (elf.readUInt32LE(need + 12) === 0) break
  }
  return { c: numbers.get('GLIBC_2.2.5')!, cxx: numbers.get('GLIBCXX_3.4')! }
}

function textAt(elf: Buffer, offset: number): string {
  return elf.toString('latin1', offset, elf.indexOf(0, offset))
}
