/** What is wrong with a configuration or command line. Apart from `config.ts`: every command needs only this. */
export const ConfigErrors = {
  /** A flag, variable or value that makes no sense, alone or together with others. */
  invalid: 'QUORATE_CONFIG_INVALID',
} as const
