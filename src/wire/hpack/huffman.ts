/**
 * Strings in HPACK's Huffman code (RFC 7541 §5.2). Decoding walks a table of four bits a step: the shortest
 * code has five, so a step ends at most one symbol.
 */
import { DecodeError } from '../../core/bytes.ts'
import { END_OF_STRING, HUFFMAN_CODE } from './huffman-code.ts'

/** How many bytes `text` takes. */
export function huffmanBytes(text: string): number {
  const { bits } = HUFFMAN_CODE
  let total = 0
  for (let i = 0; i < text.length; i++) total += bits[text.charCodeAt(i) & 0xff]!
  return (total + 7) >> 3
}

/** Writes `text` to `to` from `at` on; returns where it ended. The caller has made room. */
export function huffmanEncode(text: string, to: Uint8Array, at: number): number {
  const { codes, bits } = HUFFMAN_CODE
  let pending = 0
  let pendingBits = 0
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff
    let left = bits[symbol]!
    const code = codes[symbol]!
    while (left > 0) {
      const taken = left < 8 - pendingBits ? left : 8 - pendingBits
      left -= taken
      pending = (pending << taken) | ((code >>> left) & ((1 << taken) - 1))
      pendingBits += taken
      if (pendingBits === 8) {
        to[at++] = pending
        pending = 0
        pendingBits = 0
      }
    }
  }
  // §5.2: padded with the most significant bits of the end of string, which are ones.
  if (pendingBits > 0) to[at++] = (pending << (8 - pendingBits)) | (0xff >> pendingBits)
  return at
}

const SYMBOL_BITS = 9
const NO_SYMBOL = 0x1ff
const FAILED = 0xffff

/** By state x 16 + nibble: the next state above nine bits of symbol. */
const STEPS: Uint32Array = new Uint32Array(256 * 16)
/** 1 where a string may end: fewer than eight bits, all ones, lie behind the last symbol. */
const MAY_END: Uint8Array = new Uint8Array(256)
makeSteps()

interface Node {
  readonly state: number
  readonly children: (Node | number | undefined)[]
}

function makeSteps(): void {
  const nodes: Node[] = []
  const newNode = (): Node => {
    const node: Node = { state: nodes.length, children: [undefined, undefined] }
    nodes.push(node)
    return node
  }
  const root = newNode()
  for (let symbol = 0; symbol <= END_OF_STRING; symbol++) {
    let node = root
    for (let bit = HUFFMAN_CODE.bits[symbol]! - 1; bit > 0; bit--) {
      const side = (HUFFMAN_CODE.codes[symbol]! >>> bit) & 1
      const next = (node.children[side] ??= newNode()) as Node
      node = next
    }
    node.children[HUFFMAN_CODE.codes[symbol]! & 1] = symbol
  }
  for (const node of nodes) {
    for (let nibble = 0; nibble < 16; nibble++) STEPS[node.state * 16 + nibble] = stepFrom(node, nibble, root)
  }
  let ones: Node | number | undefined = root
  for (let depth = 0; depth < 8 && typeof ones === 'object'; depth++) {
    MAY_END[ones.state] = 1
    ones = ones.children[1]
  }
}

function stepFrom(node: Node, nibble: number, root: Node): number {
  let symbol = NO_SYMBOL
  for (let bit = 3; bit >= 0; bit--) {
    const next: Node | number | undefined = node.children[(nibble >> bit) & 1]
    if (next === undefined || next === END_OF_STRING) return (FAILED << SYMBOL_BITS) >>> 0
    if (typeof next === 'number') {
      symbol = next
      node = root
    } else {
      node = next
    }
  }
  return (node.state << SYMBOL_BITS) | symbol
}

/** The characters of the last string; strings longer than this are joined from pieces. */
const scratch: number[] = []
const PIECE = 256

/** Reads what `huffmanEncode` wrote, and refuses a wrong end (§5.2). Throws `DecodeError`. */
export function huffmanDecode(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  let state = 0
  scratch.length = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    for (let shift = 4; shift >= 0; shift -= 4) {
      const step = STEPS[state * 16 + ((byte >> shift) & 0xf)]!
      state = step >>> SYMBOL_BITS
      if (state === FAILED) throw new DecodeError(`invalid Huffman code at byte ${at}`)
      const symbol = step & NO_SYMBOL
      if (symbol !== NO_SYMBOL) scratch.push(symbol)
    }
    if (scratch.length >= PIECE) {
      text += String.fromCharCode.apply(null, scratch)
      scratch.length = 0
    }
  }
  if (MAY_END[state] === 0) throw new DecodeError(`invalid Huffman padding before byte ${to}`)
  return text + String.fromCharCode.apply(null, scratch)
}
