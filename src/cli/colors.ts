/** Colours for people: on a terminal only, whatever the environment (`CI`, say) makes the library believe. */
import picocolors from 'picocolors'

export const colors = picocolors.createColors(
  process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
)
