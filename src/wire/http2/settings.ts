/** The settings that an endpoint announces about itself (RFC 9113 §6.5). */
import { ConnectionError, ErrorCode } from './error-code.ts'
import { readU32 } from './frame.ts'
import { FRAME_BYTES_DEFAULT, FRAME_BYTES_LARGEST, INITIAL_WINDOW_BYTES, WINDOW_BYTES_MAX } from './limits.ts'

export const SettingId = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

export const SETTING_BYTES = 6

export interface Settings {
  headerTableSize: number
  /** The smallest table that the last SETTINGS asked for on its way: RFC 7541 §4.2 has it announced too. */
  leastHeaderTableSize: number
  maxConcurrentStreams: number
  initialWindowSize: number
  maxFrameSize: number
  maxHeaderListSize: number
}

/** §6.5.2: what holds until the other end has spoken. */
export function defaultSettings(): Settings {
  return {
    headerTableSize: 4096,
    leastHeaderTableSize: 4096,
    maxConcurrentStreams: Number.POSITIVE_INFINITY,
    initialWindowSize: INITIAL_WINDOW_BYTES,
    maxFrameSize: FRAME_BYTES_DEFAULT,
    maxHeaderListSize: Number.POSITIVE_INFINITY,
  }
}

/** Changes `settings` as the payload says, in its order; throws `ConnectionError` for values out of range. */
export function applySettings(
  settings: Settings,
  bytes: Uint8Array,
  from: number,
  to: number,
  fromServer: boolean,
): void {
  settings.leastHeaderTableSize = settings.headerTableSize
  for (let at = from; at < to; at += SETTING_BYTES) {
    applySetting(settings, (bytes[at]! << 8) | bytes[at + 1]!, readU32(bytes, at + 2), fromServer)
  }
}

function applySetting(settings: Settings, id: number, value: number, fromServer: boolean): void {
  switch (id) {
    case SettingId.headerTableSize:
      settings.headerTableSize = value
      settings.leastHeaderTableSize = Math.min(settings.leastHeaderTableSize, value)
      return
    case SettingId.enablePush:
      // A server never allows pushing: it is not pushed to.
      if (value > (fromServer ? 0 : 1)) throw outOfRange('ENABLE_PUSH', ErrorCode.protocolError)
      return
    case SettingId.maxConcurrentStreams:
      settings.maxConcurrentStreams = value
      return
    case SettingId.initialWindowSize:
      if (value > WINDOW_BYTES_MAX) throw outOfRange('INITIAL_WINDOW_SIZE', ErrorCode.flowControlError)
      settings.initialWindowSize = value
      return
    case SettingId.maxFrameSize:
      if (value < FRAME_BYTES_DEFAULT || value > FRAME_BYTES_LARGEST) {
        throw outOfRange('MAX_FRAME_SIZE', ErrorCode.protocolError)
      }
      settings.maxFrameSize = value
      return
    case SettingId.maxHeaderListSize:
      settings.maxHeaderListSize = value
      return
    default:
      // §6.5.2: unknown settings are ignored.
      return
  }
}

function outOfRange(name: string, code: number): ConnectionError {
  return new ConnectionError(code, `SETTINGS_${name} out of range`)
}
