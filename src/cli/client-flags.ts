/** What every command that asks a cluster is told: where it is, whom to believe, and what to show. */
import { type Command, Option } from 'commander'

export interface ClientFlags extends ClientSecurity {
  readonly endpoints: string
  /** NAME or NAME:PASSWORD. */
  readonly user?: string
}

/** For https: whom to believe, and what to show. */
export interface ClientSecurity {
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
  readonly insecureSkipTlsVerify?: boolean
}

export const DEFAULT_ENDPOINT = '127.0.0.1:2379'

/** Adds etcdctl's flags, which are also its variables; `--user` has one of our own before etcdctl's. */
export function withClientFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--endpoints <urls>', 'client URLs of any nodes, separated by commas')
        .default(DEFAULT_ENDPOINT)
        .env('ETCDCTL_ENDPOINTS'),
    )
    .addOption(
      new Option('--cacert <file>', "https: the authorities to believe (default: the system's)").env(
        'ETCDCTL_CACERT',
      ),
    )
    .addOption(
      new Option('--user <name[:password]>', 'whom to log in as; without the password it is asked for')
        .default(process.env['ETCDCTL_USER'], 'ETCDCTL_USER')
        .env('QUORATE_USER'),
    )
    .addOption(new Option('--cert <file>', 'https: the certificate to show').env('ETCDCTL_CERT'))
    .addOption(new Option('--key <file>', 'https: its private key').env('ETCDCTL_KEY'))
    .addOption(
      new Option('--insecure-skip-tls-verify', 'https: believe whoever answers').env(
        'ETCDCTL_INSECURE_SKIP_TLS_VERIFY',
      ),
    )
}
