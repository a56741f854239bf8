/** `npm run pictures`: draws the pictures of `docs/concepts` anew. Look at the difference before you keep it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { PICTURED, pictureFile, pictureOf } from './pictures.ts'

mkdirSync(new URL('.', pictureFile('raft')), { recursive: true })
for (const name of Object.keys(PICTURED)) writeFileSync(pictureFile(name), pictureOf(name))
