/** `quorate store verify`: every damage on a line, and a status that scripts can rely on. */
import { QuorateError } from '../core/errors.ts'
import type { StoreDamage } from '../runtime/store.ts'
import { storeDamagedInPlaces } from '../storage/store/errors.ts'
import { type InspectedStore, inspectStore, type StrayFile } from '../storage/store/inspect-store.ts'
import { StoreVerification } from '../storage/store/inspect-store-verification.ts'
import { formatBytes } from './byte-units.ts'
import { VERIFY_SLICE_BYTES } from './limits.ts'
import { print } from './output.ts'
import { ProgressBar } from './progress-bar.ts'
import { withStore } from './store-place.ts'

interface Findings {
  readonly tables: number
  readonly bytes: number
  readonly records: number
  readonly damages: readonly StoreDamage[]
  readonly strays: readonly StrayFile[]
}

/** Throws `QUORATE_STORE_DAMAGED` when all damages are printed, or why the store cannot be looked at. */
export function verifyStore(directory: string, json: boolean): void {
  const findings = withStore(directory, place => {
    const store = inspectStore(place)
    if (store instanceof QuorateError) throw store
    return 'what' in store ? ofDamage(store) : verify(store)
  })
  if (json) print(JSON.stringify(findings))
  else printFindings(findings)
  const { damages } = findings
  if (damages.length > 0) throw storeDamagedInPlaces(directory, damages.length)
}

/** Without a manifest nobody knows what belongs to the store. */
function ofDamage(damage: StoreDamage): Findings {
  return { tables: 0, bytes: 0, records: 0, damages: [damage], strays: [] }
}

function verify(store: InspectedStore): Findings {
  const damages: StoreDamage[] = []
  const verification = new StoreVerification(store, damage => damages.push(damage))
  const { tables, bytes } = verification
  const bar = new ProgressBar()
  try {
    while (verification.nextSlice(VERIFY_SLICE_BYTES)) {
      const { bytesDone } = verification
      const found = damages.length === 0 ? '' : `, damages: ${damages.length}`
      bar.draw(bytesDone / bytes, `${formatBytes(bytesDone)} of ${formatBytes(bytes)}${found}`)
    }
  } finally {
    bar.clear()
  }
  return { tables, bytes, records: verification.records, damages, strays: store.strays }
}

function printFindings({ tables, bytes, records, damages, strays }: Findings): void {
  for (const { file, offsetBytes, what } of damages) print(`${file} at offset ${offsetBytes}: ${what}`)
  if (damages.length === 0) {
    print(`nothing is damaged: tables ${tables}, records ${records}, ${formatBytes(bytes)}`)
  }
  for (const { name, isLeftover } of strays) {
    const fate = isLeftover ? 'the next start removes it' : 'it is no part of the store, and stays'
    print(`note: ${name}: ${fate}`)
  }
}
