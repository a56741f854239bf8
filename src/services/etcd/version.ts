/**
 * Which etcd this is to its clients. They switch features on by it: kube-apiserver wants 3.5.13 or later for
 * consistent lists from its cache, and etcdctl prints fields of Status that 3.6 introduced. RangeStream, of
 * 3.7, is served all the same.
 */
export const ETCD_VERSION = '3.6.0'

/** The cluster's version has no patch level. */
export const ETCD_CLUSTER_VERSION = '3.6.0'
