/**
 * What is on disk, and how it changes: one version after the other, each made durable by a generation of the manifest
 * before anything is read from it, and before what it replaces is let go.
 */
import type { StoreCallback } from '../../runtime/store.ts'
import { LiveTables } from './live-tables.ts'
import type { Manifest, ManifestKeyspace } from './manifest.ts'
import type { ManifestWriter } from './manifest-writer.ts'
import type { Table } from './table.ts'
import type { Version } from './version.ts'

export class StoreContent {
  readonly #manifest: ManifestWriter
  readonly #live = new LiveTables()
  #version: Version
  #switches = 0
  #nextTableId: number

  constructor(manifest: ManifestWriter, version: Version) {
    this.#manifest = manifest
    this.#version = version
    this.#nextTableId = manifest.current.nextTableId
    this.#live.retain(version)
  }

  get version(): Version {
    return this.#version
  }

  /** The last one that is known to be durable. */
  get manifest(): Manifest {
    return this.#manifest.current
  }

  /** How often another version has taken the place of one. */
  get switches(): number {
    return this.#switches
  }

  /** The first of so many ids in a row that no table has had. */
  takeTableIds(count: number): number {
    const first = this.#nextTableId
    this.#nextTableId += count
    return first
  }

  /**
   * Switches to the version that `make` gives, asked when its turn comes. Calls back, never within the call: with null
   * once it is durable and read from; or with why the old one stands, and then the tables that only the new one had
   * are gone, unless nobody knows which one a power loss would leave.
   *
   * @param fresh tables that only the new version has.
   */
  switch(make: (current: Version) => Version, fresh: readonly Table[], done: StoreCallback): void {
    let next: Version | undefined
    this.#manifest.change(
      () => {
        next = make(this.#version)
        this.#live.retain(next)
        return { nextTableId: this.#nextTableId, keyspaces: keyspacesOf(next) }
      },
      error => {
        if (next !== undefined) this.#settle(next, error === null)
        else for (const table of fresh) table.close()
        done(error)
      },
    )
  }

  /** Keeps what is read now, whatever comes after it, until the version is released. */
  pin(): Version {
    this.#live.retain(this.#version)
    return this.#version
  }

  release(version: Version): void {
    this.#live.release(version)
  }

  close(): void {
    this.#manifest.close()
    this.#live.close()
  }

  #settle(next: Version, isDurable: boolean): void {
    if (isDurable) {
      const old = this.#version
      this.#version = next
      this.#switches++
      this.#live.release(old)
    } else if (!this.#manifest.isRefusing) {
      this.#live.forget(next)
    }
  }
}

function keyspacesOf(version: Version): ManifestKeyspace[] {
  return version.keyspaces.map(keyspace => ({
    keyspace,
    runs: version
      .runs(keyspace)
      .map(({ tables }) => tables.map(({ meta: { id, fileBytes } }) => ({ id, fileBytes }))),
  }))
}
