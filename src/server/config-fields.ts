/** Kinds of values that a configuration has, also as text, and what is said of those that do not fit. */
import { z } from 'zod'
import { partsOf } from './comma-list.ts'
import { NOT_A_WHOLE_NUMBER, WHOLE_NUMBER } from './whole-number.ts'

export const wholeNumber = (min: number, max: number) =>
  z
    .union([z.number(), z.string().regex(WHOLE_NUMBER).transform(Number)], NOT_A_WHOLE_NUMBER)
    .pipe(
      z
        .number()
        .multipleOf(1, NOT_A_WHOLE_NUMBER)
        .min(min, `must be at least ${min}`)
        .max(max, `must be at most ${max}`),
    )

/** Go's durations go on for 292 years; ten are "never" to any machine. */
export const DURATION_MS_MAX = 10 * 365 * 86_400_000

export const NOT_EMPTY = 'must not be empty'

export const oneOf = <const Choices extends readonly [string, ...string[]]>(choices: Choices) =>
  z.enum(choices, `must be ${choices.join(' or ')}`)

/** Also as text, as it comes from a command line. */
export const flag = z
  .union([z.boolean(), oneOf(['true', 'false']).transform(text => text === 'true')])
  .describe('true or false')

/** Text; the same name for a file everywhere. */
export const path = z.string().min(1, NOT_EMPTY)

/** Text that means something else: what `parse` makes of it, or its complaint, which is a string. */
export const parsedBy = <Meaning>(
  preset: string,
  parse: (text: string) => Exclude<Meaning, string> | string,
): z.ZodType<Exclude<Meaning, string>, string | undefined> =>
  z
    .string()
    .default(preset)
    .transform((text, context) => {
      const meaning = parse(text)
      if (typeof meaning !== 'string') return meaning
      context.addIssue({ code: 'custom', message: meaning })
      return z.NEVER
    })

/** What stands between commas; an empty list is none. */
export const list = z.string().transform(partsOf)
