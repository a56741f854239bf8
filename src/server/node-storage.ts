/** Opens what a node keeps on disk: its directory, its log, its store. */

import type { Runtime } from '../runtime/runtime.ts'
import type { Store } from '../runtime/store.ts'
import { openDataDirectory } from '../storage/data-directory.ts'
import type { Log } from '../storage/log/log.ts'
import { openLog } from '../storage/log/open-log.ts'
import { openMemoryStore } from '../storage/memory/memory-store.ts'
import type { NodeConfig } from './config.ts'
