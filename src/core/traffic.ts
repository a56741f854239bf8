/** Bytes that went both ways, as plain numbers that whoever sends and receives adds to. */
export interface Traffic {
  sentBytes: number
  receivedBytes: number
}

export function noTraffic(): Traffic {
  return { sentBytes: 0, receivedBytes: 0 }
}
