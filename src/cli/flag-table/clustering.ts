/** Flags about who the members are, and how they agree. */
import { type Flags, idle, idleBoolean, refused, refusedBoolean, used, usedBoolean } from './flag.ts'

const NO_DISCOVERY = 'nobody is asked who the members are: name them in --initial-cluster'
const OUR_PEERS = 'members ping each other, and a connection that is silent for 2.5 s is closed'

export const CLUSTERING: Flags = {
  'listen-peer-urls': used(
    'listenPeerUrls',
    'where to listen for peers; https URLs speak TLS (default http://localhost:2380)',
  ),
  'initial-advertise-peer-urls': used(
    'initialAdvertisePeerUrls',
    'peer URLs to tell others (default http://localhost:2380)',
  ),
  'initial-cluster': used('initialCluster', 'all members of a new cluster, as NAME=URL,NAME=URL'),
  'initial-cluster-state': used('initialClusterState', 'new or existing (default new)'),
  'initial-cluster-token': used('initialClusterToken', 'keeps clusters apart (default "etcd-cluster")'),
  'strict-reconfig-check': usedBoolean(
    'strictReconfigCheck',
    'refuse changes of membership that could cost the quorum (default true)',
  ),
  'max-learners': used('maxLearners', 'learners at the same time, at most (default 1)'),
  'experimental-max-learners': used('maxLearners', 'the older name of --max-learners'),
  'heartbeat-interval': used('heartbeatIntervalMs', 'milliseconds between heartbeats (default 100)'),
  'election-timeout': used(
    'electionTimeoutMs',
    'milliseconds without a leader before an election (default 1000)',
  ),
  consensus: used('consensus', 'the consensus protocol, for good: raft (default) or paxos'),

  'force-new-cluster': refusedBoolean(
    'it would do so at every start: stop the node, and use quorate recover once',
  ),
  discovery: refused(NO_DISCOVERY),
  'discovery-cacert': idle(NO_DISCOVERY),
  'discovery-cert': idle(NO_DISCOVERY),
  'discovery-dial-timeout': idle(NO_DISCOVERY),
  'discovery-endpoints': refused(NO_DISCOVERY),
  'discovery-fallback': idle(NO_DISCOVERY),
  'discovery-insecure-skip-tls-verify': idleBoolean(NO_DISCOVERY),
  'discovery-insecure-transport': idleBoolean(NO_DISCOVERY),
  'discovery-keepalive-time': idle(NO_DISCOVERY),
  'discovery-keepalive-timeout': idle(NO_DISCOVERY),
  'discovery-key': idle(NO_DISCOVERY),
  'discovery-password': idle(NO_DISCOVERY),
  'discovery-proxy': idle(NO_DISCOVERY),
  'discovery-request-timeout': idle(NO_DISCOVERY),
  'discovery-srv': refused(NO_DISCOVERY),
  'discovery-srv-name': idle(NO_DISCOVERY),
  'discovery-token': refused(NO_DISCOVERY),
  'discovery-user': idle(NO_DISCOVERY),
  'downgrade-check-time': idle('nothing is checked from time to time: neighbouring versions run together'),
  'experimental-downgrade-check-time': idle(
    'nothing is checked from time to time: neighbouring versions run together',
  ),
  'experimental-wait-cluster-ready-timeout': idle('a node serves as soon as it knows a leader'),
  'initial-election-tick-advance': idleBoolean(
    'a node that starts waits a quarter of an ordinary time for a leader',
  ),
  'pre-vote': idleBoolean('a pre-vote comes before every election'),
  'raft-read-timeout': idle(OUR_PEERS),
  'raft-write-timeout': idle(OUR_PEERS),
  'set-member-localaddr': idleBoolean('the system chooses the address that a connection comes from'),
  'experimental-set-member-localaddr': idleBoolean(
    'the system chooses the address that a connection comes from',
  ),
}
