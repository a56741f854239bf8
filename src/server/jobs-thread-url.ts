/** Where the entry of a node's thread is: beside this file, in the source as well as in what is compiled of it. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

export const JOBS_THREAD_URL = new URL(`./jobs-thread${extension}`, import.meta.url)
