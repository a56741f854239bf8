/** What a flag of etcd is to a node. */

/** It sets a key of the configuration (`server/config.ts`). */
export interface UsedFlag {
  readonly kind: 'used'
  readonly key: string
  readonly help: string
  /** Takes its value only behind `=`, and is true without. */
  readonly boolean?: boolean
  /** A Go duration, such as 5s; the configuration counts milliseconds. */
  readonly duration?: boolean
  /** Given again it adds to what was given before; the configuration has a comma in between. */
  readonly adds?: boolean
}

/** It has no meaning here: it is accepted with a warning that says why. */
export interface IdleFlag {
  readonly kind: 'idle'
  readonly why: string
  readonly boolean?: boolean
}

/** It would promise something that is not there, so that ignoring it would be worse than refusing. */
export interface RefusedFlag {
  readonly kind: 'refused'
  readonly why: string
  readonly boolean?: boolean
  /** Values that ask for nothing, besides `false` of one that is true or false. */
  readonly harmless?: readonly string[]
}

export type Flag = UsedFlag | IdleFlag | RefusedFlag

export type Flags = Readonly<Record<string, Flag>>

export const used = (key: string, help: string): UsedFlag => ({ kind: 'used', key, help })
export const usedBoolean = (key: string, help: string): UsedFlag => ({ ...used(key, help), boolean: true })
export const usedDuration = (key: string, help: string): UsedFlag => ({ ...used(key, help), duration: true })
export const usedAdding = (key: string, help: string): UsedFlag => ({ ...used(key, help), adds: true })

export const idle = (why: string): IdleFlag => ({ kind: 'idle', why })
export const idleBoolean = (why: string): IdleFlag => ({ ...idle(why), boolean: true })

export const refused = (why: string, harmless: readonly string[] = []): RefusedFlag => ({
  kind: 'refused',
  why,
  harmless,
})
export const refusedBoolean = (why: string): RefusedFlag => ({ ...refused(why), boolean: true })
