/**
 * A whole number as the command line takes it: digits, and a sign at most. What else JavaScript takes for a
 * number (an empty text, 0x10, 1e3) is a mistake here. Apart from `config.ts`: every command needs only this.
 */
export const WHOLE_NUMBER = /^-?\d+$/

export const NOT_A_WHOLE_NUMBER = 'must be a whole number'
