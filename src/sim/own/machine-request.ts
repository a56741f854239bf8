/** What clients of a user's machine and its members say to each other, and how it is written. */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'

/** Methods of the members' port. */
export const WRITE_PATH = '/quorate.sim.Machine/Write'
export const READ_PATH = '/quorate.sim.Machine/Read'

/** One request of a client, as it travels and as the log holds it. */
export interface MachineRequest {
  /** Counted from 1; repetitions have the number of the first. 0: nobody's, which changes nothing. */
  readonly request: number
  readonly command: string
}

/** What a client is answered. */
export interface MachineAnswer {
  /** Where in the log the command stands, or how far the state reached that was read. */
  readonly index: number
  readonly answer: string
}

/** The bytes of the log, and of a call. */
export function encodeRequest({ request, command }: MachineRequest): Uint8Array {
  const to = new ByteWriter(64 + command.length)
  to.u32(request)
  to.sizedBytes(utf8Bytes(command))
  return to.finish()
}

/** Throws `DecodeError`. */
export function decodeRequest(bytes: Uint8Array): MachineRequest {
  const from = new ByteReader(bytes)
  return { request: from.u32(), command: utf8Text(from.sizedBytes()) }
}

/** The bytes of an answer. */
export function encodeAnswer({ index, answer }: MachineAnswer): Uint8Array {
  const to = new ByteWriter(64 + answer.length)
  to.u64(index)
  to.sizedBytes(utf8Bytes(answer))
  return to.finish()
}

/** Throws `DecodeError`. */
export function decodeAnswer(bytes: Uint8Array): MachineAnswer {
  const from = new ByteReader(bytes)
  return { index: from.u64(), answer: utf8Text(from.sizedBytes()) }
}
