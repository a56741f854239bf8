/** What a command line, its environment or the file that they name make of a node. */
import { configFileNamed, type ParsedFlags, parseConfigFile, parseEtcdFlags } from './etcd-flags.ts'
import { ETCD_FLAGS } from './flag-table/index.ts'

/** Throws `QUORATE_CONFIG_INVALID`. */
export async function readServerFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ParsedFlags> {
  const file = configFileNamed(args, environment)
  if (file === undefined) return parseEtcdFlags(args, environment)
  // Few have one: the others need not load what reads it.
  const { readConfigFile } = await import('./config-file.ts')
  return parseConfigFile(
    file,
    readConfigFile(file, name => name in ETCD_FLAGS),
    args,
    environment,
  )
}
