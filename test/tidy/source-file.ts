/** A file as the tidy rules see it, and what they find in it. */
import { type Token, tokenize } from './tokens.ts'

/** Something that is not as the house wants it. */
export interface Finding {
  /** Relative to the repository, with forward slashes. */
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  readonly why: string
}

export class SourceFile {
  readonly path: string
  readonly text: string
  #tokens: readonly Token[] | undefined

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
  }

  get lines(): string[] {
    return this.text.split('\n')
  }

  /** All tokens, comments included. */
  get tokens(): readonly Token[] {
    this.#tokens ??= tokenize(this.text)
    return this.#tokens
  }

  /** Tokens without comments. */
  get code(): Token[] {
    return this.tokens.filter(token => token.kind !== 'comment')
  }

  get isTypeScript(): boolean {
    return this.path.endsWith('.ts')
  }

  /** Tests, and the conformance suites that tests call: they may reach up, and may use the platform. */
  get isTest(): boolean {
    return /\.(test|conformance)\.ts$/.test(this.path) || this.path.startsWith('test/')
  }

  finding(line: number, why: string): Finding {
    return { path: this.path, line, why }
  }
}

export function formatFinding(finding: Finding): string {
  return `${finding.path}:${finding.line} ${finding.why}`
}

/** A room's exception to a rule, with the reason that makes it bearable. */
export interface Exception {
  /** A file, or a folder with a slash at its end. */
  readonly path: string
  readonly reason: string
}

export function isExcepted(path: string, exceptions: readonly Exception[]): boolean {
  return exceptions.some(exception =>
    exception.path.endsWith('/') ? path.startsWith(exception.path) : path === exception.path,
  )
}
