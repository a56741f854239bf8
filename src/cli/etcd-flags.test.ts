import { describe, expect, test } from 'vitest'
import { parseConfig } from '../server/config.ts'
import { flagOf, parseEtcdFlags } from './etcd-flags.ts'

const parse = (args: string[], environment: Record<string, string> = {}) => parseEtcdFlags(args, environment)

describe("etcd's flags", () => {
  test("are read in Go's syntax: two dashes or one, a space or an equals sign", () => {
    for (const args of [['--name', 'a'], ['--name=a'], ['-name', 'a'], ['-name=a']]) {
      expect(parse(args).config).toEqual({ name: 'a' })
    }
  })

  test('a value may contain equals signs', () => {
    expect(parse(['--initial-cluster=a=http://h:1']).config).toEqual({ initialCluster: 'a=http://h:1' })
  })

  test('come from the environment too, and a flag given wins', () => {
    expect(parse([], { ETCD_NAME: 'env', ETCD_LISTEN_CLIENT_URLS: 'http://h:1' }).config).toEqual({
      name: 'env',
      listenClientUrls: 'http://h:1',
    })
    expect(parse(['--name=flag'], { ETCD_NAME: 'env' }).config).toEqual({ name: 'flag' })
  })

  test('an unknown flag is an error that names it', () => {
    expect(() => parse(['--nmae=a'])).toThrow('unknown flag: --nmae')
  })

  test('an argument that is no flag, a flag without its value, and two values are errors', () => {
    expect(() => parse(['a'])).toThrow('unexpected argument: a')
    expect(() => parse(['--name'])).toThrow('--name needs a value')
    expect(() => parse(['--name=a', '--name=b'])).toThrow('given twice')
  })

  test('gates may be given one by one, as some manifests do', () => {
    const { config } = parse(['--feature-gates=InitialCorruptCheck=true', '--feature-gates', 'AllBeta=false'])
    expect(config).toEqual({ featureGates: 'InitialCorruptCheck=true,AllBeta=false' })
    expect(parseConfig(config)).toMatchObject({ initialCorruptCheck: true })
  })

  test('one that has no meaning here is accepted with a warning', () => {
    const { config, warnings } = parse(['--max-wals=5', '--enable-v2'])
    expect(config).toEqual({})
    expect(warnings).toHaveLength(2)
    expect(warnings.join()).toContain('--max-wals')
  })

  test('a misspelt variable is named in a warning; those of the client are not meant', () => {
    const { config, warnings } = parse([], { ETCD_NMAE: 'x', ETCDCTL_API: '3', ETCD_NAME: '', PATH: '/bin' })
    expect(config).toEqual({})
    expect(warnings).toEqual(['unrecognized environment variable ETCD_NMAE'])
  })

  test('one whose promise we could not keep is refused: ignoring it would not be safe', () => {
    expect(() => parse(['--discovery=x'])).toThrow('--discovery is not supported: nobody is asked')
    expect(() => parse(['--force-new-cluster'])).toThrow('quorate recover')
    expect(() => parse([], { ETCD_HOST_WHITELIST: 'a' })).toThrow('ETCD_HOST_WHITELIST is not supported')
    const harmless = ['--force-new-cluster=false', '--proxy=off', '--host-whitelist=*']
    expect(parse(harmless)).toEqual({ config: {}, warnings: [] })
  })

  test('the reason why one has no meaning is told', () => {
    expect(parse(['--wal-dir=x']).warnings).toEqual([
      '--wal-dir has no meaning here and is ignored: the log is in the data directory',
    ])
  })

  test('durations are read as Go writes them', () => {
    expect(parse(['--grpc-keepalive-min-time=500ms']).config).toEqual({ keepaliveMinTimeMs: 500 })
    const both = parse(['--grpc-keepalive-interval=1.5h', '--grpc-keepalive-timeout', '0s'])
    expect(both.config).toEqual({ keepaliveIntervalMs: 5_400_000, keepaliveTimeoutMs: 0 })
    for (const value of ['5', '-5s', '', 'soon'])
      expect(() => parse([`--grpc-keepalive-min-time=${value}`])).toThrow('needs a duration')
    expect(() => parse([], { ETCD_GRPC_KEEPALIVE_TIMEOUT: 'soon' })).toThrow(
      'ETCD_GRPC_KEEPALIVE_TIMEOUT needs',
    )
  })
})

describe('the configuration of a node', () => {
  test("has etcd's defaults", () => {
    expect(parseConfig({})).toMatchObject({
      name: 'default',
      dataDir: 'default.etcd',
      listenClientUrls: ['http://localhost:2379'],
      advertiseClientUrls: ['http://localhost:2379'],
      initialCluster: [{ name: 'default', peerUrls: ['http://localhost:2380'] }],
      heartbeatIntervalMs: 100,
      electionTimeoutMs: 1000,
      requestBytesMax: 1572864,
    })
  })

  test.each([
    [{ listenClientUrls: 'localhost:2379' }, 'scheme must be http'],
    [{ listenClientUrls: 'http://h:1/path' }, 'has no path'],
    [{ heartbeatIntervalMs: 'soon' }, 'heartbeatIntervalMs'],
    [{ electionTimeoutMs: '400', heartbeatIntervalMs: '100' }, 'at least 5 times'],
    [{ name: 'b', initialCluster: 'a=http://localhost:2380' }, 'does not name this node'],
    [{ name: 'a', initialCluster: 'a=http://other:2380' }, '--initial-advertise-peer-urls is'],
    [{ initialCluster: 'default=http://localhost:2380,b=http://localhost:2380' }, 'named twice'],
    [{ initialCluster: 'nonsense' }, 'name=URL'],
    [{ listenClientUrls: 'http://localhost:2380' }, 'both --listen-client-urls and --listen-peer-urls'],
    [
      { listenClientUrls: 'http://0.0.0.0:2379' },
      '--advertise-client-urls is needed: http://0.0.0.0:2379 is',
    ],
    [{ listenClientUrls: 'http://h:1,http://[::]:1' }, '--advertise-client-urls is needed: http://[::]:1 is'],
    [{ listenMetricsUrls: 'http://localhost:2379' }, 'both --listen-client-urls and --listen-metrics-urls'],
    [{ listenMetricsUrls: 'http://localhost:2380' }, 'both --listen-peer-urls and --listen-metrics-urls'],
    [
      { listenMetricsUrls: 'https://localhost:2379', autoTls: true },
      'the port of https://localhost:2379 is in both',
    ],
    [
      { initialAdvertisePeerUrls: 'http://h:1,http://h:1' },
      '--initial-advertise-peer-urls: http://h:1 is named twice',
    ],
    [{ metrics: 'all' }, 'metrics'],
    [{ consensus: 'zab' }, 'consensus'],
    [{ initialClusterState: 'maybe' }, 'initialClusterState'],
  ])('refuses %j', (input, message) => {
    expect(() => parseConfig(input)).toThrow(message)
  })

  test('takes durations of years, and no more than ten', () => {
    const years = (count: number) => parse([`--grpc-keepalive-interval=${count * 365 * 24}h`]).config
    expect(parseConfig(years(10)).keepaliveIntervalMs).toBe(10 * 365 * 86_400_000)
    expect(() => parseConfig(years(11))).toThrow('keepaliveIntervalMs: must be at most')
  })

  test.each(['listenClientUrls', 'advertiseClientUrls', 'listenPeerUrls', 'initialAdvertisePeerUrls'])(
    'refuses what is no URL in %s by its flag and code',
    key => {
      for (const text of ['foo', '127.0.0.1:14379', 'http://127.0.0.1:80000', 'http://h:1,foo', ',']) {
        const refusal = {
          code: 'QUORATE_CONFIG_INVALID',
          message: expect.stringContaining(`${flagOf(key)}: `),
        }
        expect(() => parseConfig({ [key]: text }, flagOf)).toThrow(expect.objectContaining(refusal))
      }
    },
  )

  test.each([
    ['name', '', 'must not be empty'],
    ['name', 'n'.repeat(257), 'must not be longer than 256 characters'],
    ['name', 'a=b', 'must not contain a comma or an equals sign'],
    ['name', 'a,b', 'must not contain a comma or an equals sign'],
    ['dataDir', '', 'must not be empty'],
    ['consensus', 'zab', 'must be raft or paxos'],
    ['logLevel', 'loud', 'must be debug or info or warn or error or panic or fatal'],
    ['initialClusterState', 'maybe', 'must be new or existing'],
    ['snapshotEntries', '0', 'must be at least 1'],
    ['snapshotEntries', '9'.repeat(20), 'must be at most 1000000000'],
    ['quotaBytes', '9'.repeat(20), 'must be at most 9007199254740991'],
    ['heartbeatIntervalMs', 1.5, 'must be a whole number'],
  ])('says in plain words that %s cannot be %j', (key, value, words) => {
    expect(() => parseConfig({ [key]: value }, flagOf)).toThrow(
      expect.objectContaining({ message: `${flagOf(key)}: ${words}` }),
    )
  })

  test('spells out the port that the URL parser would drop', () => {
    expect(parseConfig({ listenClientUrls: 'http://h:80' }).listenClientUrls).toEqual(['http://h:80'])
    expect(parseConfig({ listenClientUrls: 'http://h' }).listenClientUrls).toEqual(['http://h:2379'])
  })

  test('any other name will do for a node that is told of no other', () => {
    for (const name of [' a', 'a b', 'a&b%']) {
      const member = { name, peerUrls: ['http://localhost:2380'] }
      expect(parseConfig({ name })).toMatchObject({ name, initialCluster: [member] })
    }
  })

  test('has any listeners at port 0: each takes another one', () => {
    const anyPort = ['http://localhost:0']
    const listeners = { listenClientUrls: anyPort, listenPeerUrls: anyPort, listenMetricsUrls: anyPort }
    const input = Object.entries(listeners).map(([key, urls]) => [key, urls.join()])
    expect(parseConfig(Object.fromEntries(input))).toMatchObject(listeners)
  })

  test('reports every problem at once', () => {
    expect(() => parseConfig({ name: 'x', initialCluster: 'a=http://h:1', electionTimeoutMs: 100 })).toThrow(
      /5 times[\s\S]*does not name/,
    )
  })
})
