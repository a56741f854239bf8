/** `quorate certs`: a test authority, and what it signs. */
import { type CertsOptions, certificatePath, fileOfClient, keyPath, writeCerts } from './certs.ts'
import { print } from './output.ts'

export function certs(options: CertsOptions, json: boolean): void {
  const files = writeCerts(options)
  if (json) return print(JSON.stringify({ files }))
  const { directory, authority = directory, clients } = options
  const path = (name: string): string => certificatePath(directory, name)
  const key = (name: string): string => keyPath(directory, name)
  const ca = certificatePath(authority, 'ca')
  for (const file of files) print(file)
  print('')
  print('A node:')
  print(
    `  --cert-file ${path('server')} --key-file ${key('server')} --trusted-ca-file ${ca} --client-cert-auth`,
  )
  print(`  --peer-cert-file ${path('peer')} --peer-key-file ${key('peer')} --peer-trusted-ca-file ${ca}`)
  print('  --peer-client-cert-auth --peer-cert-allowed-cn peer')
  const [user] = clients
  if (user === undefined) return
  print('A client:')
  const client = fileOfClient(user)
  print(
    `  quorate status --endpoints https://HOST:2379 --cacert ${ca} --cert ${path(client)} --key ${key(client)}`,
  )
}
