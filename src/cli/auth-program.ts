/** The commands for users, roles and permissions, as the program lists them. */
import { Argument, type Command, Option } from 'commander'
import type { Client } from '../client/client.ts'
import { PERMISSION_NAMES } from './auth-commands.ts'
import { type ClientFlags, withClientFlags } from './client-flags.ts'

type WithClient = (flags: ClientFlags, run: (client: Client) => Promise<void>) => Promise<void>

export function addAuthCommands(program: Command, withClient: WithClient): void {
  // Loaded when called: a script may call other commands a thousand times.
  const commands = () => import('./auth-commands.ts')
  const under = (parent: Command) => (name: string, description: string) =>
    withClientFlags(parent.command(name).description(description)).option('--json', 'as JSON')

  const auth = under(program.command('auth').description('whether users have to say who they are'))
  auth('status', 'whether authentication is on').action(flags =>
    withClient(flags, async client => (await commands()).authStatus(client, flags)),
  )
  auth('enable', 'turn authentication on; there is a user root').action(flags =>
    withClient(flags, async client => (await commands()).enableAuth(client, flags)),
  )
  auth('disable', 'turn authentication off').action(flags =>
    withClient(flags, async client => (await commands()).disableAuth(client, flags)),
  )

  const user = under(program.command('user').description('who may log in'))
  user('add <name>', 'add a user; a password may follow the name, as NAME:PASSWORD')
    .option('--no-password', 'nobody can log in as this user: certificates name it')
    .action((name, flags) =>
      withClient(flags, async client =>
        (await commands()).addUser(client, name, { ...flags, noPassword: flags.password === false }),
      ),
    )
  user('delete <name>', 'delete a user').action((name, flags) =>
    withClient(flags, async client => (await commands()).deleteUser(client, name, flags)),
  )
  user('get <name>', 'print the roles of a user').action((name, flags) =>
    withClient(flags, async client => (await commands()).showUser(client, name, flags)),
  )
  user('list', 'print all users').action(flags =>
    withClient(flags, async client => (await commands()).listUsers(client, flags)),
  )
  user('passwd <name>', 'change a password; tokens that were given for the old one end').action(
    (name, flags) =>
      withClient(flags, async client => (await commands()).changePassword(client, name, flags)),
  )
  user('grant-role <name> <role>', 'give a user a role').action((name, role, flags) =>
    withClient(flags, async client => (await commands()).grantRole(client, name, role, flags)),
  )
  user('revoke-role <name> <role>', 'take a role from a user').action((name, role, flags) =>
    withClient(flags, async client => (await commands()).revokeRole(client, name, role, flags)),
  )

  const role = under(program.command('role').description('what users may do'))
  const keys = (command: Command): Command =>
    command
      .argument('<key>', 'a key, or the first of several')
      .argument('[end]', 'keys up to this one (excluded)')
      .addOption(new Option('--prefix', 'all keys that begin with <key>').conflicts('fromKey'))
      .option('--from-key', 'all keys from <key> on')
  role('add <name>', 'add a role, which allows nothing yet').action((name, flags) =>
    withClient(flags, async client => (await commands()).addRole(client, name, flags)),
  )
  role('delete <name>', 'delete a role, and take it from everybody').action((name, flags) =>
    withClient(flags, async client => (await commands()).deleteRole(client, name, flags)),
  )
  role('get <name>', 'print what a role allows').action((name, flags) =>
    withClient(flags, async client => (await commands()).showRole(client, name, flags)),
  )
  role('list', 'print all roles').action(flags =>
    withClient(flags, async client => (await commands()).listRoles(client, flags)),
  )
  const type = new Argument('<permission>', 'what it allows').choices(PERMISSION_NAMES)
  keys(role('grant-permission <role>', 'let a role read or write keys').addArgument(type)).action(
    (name, permission, key, end, flags) =>
      withClient(flags, async client =>
        (await commands()).grantPermission(client, name, permission, [key, end], flags),
      ),
  )
  keys(role('revoke-permission <role>', 'take back what was granted for just these keys')).action(
    (name, key, end, flags) =>
      withClient(flags, async client => (await commands()).revokePermission(client, name, [key, end], flags)),
  )
}
