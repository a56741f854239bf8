/** Writes Prometheus' text format (0.0.4): a name is explained once, and has a line for each of its series. */
import type { Histogram } from '../../core/histogram.ts'

export class Exposition {
  readonly #lines: string[] = []

  /** One series. */
  add(kind: 'counter' | 'gauge', name: string, help: string, value: number, labels = ''): void {
    this.family(kind, name, help)
    this.#lines.push(`${name}${braced(labels)} ${value}`)
  }

  /** What comes next are series of this name. */
  family(kind: 'counter' | 'gauge' | 'histogram', name: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`)
  }

  series(name: string, labels: string, value: number): void {
    this.#lines.push(`${name}${braced(labels)} ${value}`)
  }

  /** A series of a family of histograms. */
  buckets(name: string, labels: string, histogram: Histogram): void {
    const cumulative = histogram.cumulative()
    const all = cumulative.at(-1)!
    const before = labels === '' ? '' : `${labels},`
    for (const [at, bound] of [...histogram.bounds, '+Inf'].entries()) {
      this.#lines.push(`${name}_bucket{${before}le="${bound}"} ${cumulative[at]}`)
    }
    this.#lines.push(`${name}_sum${braced(labels)} ${histogram.sum}`, `${name}_count${braced(labels)} ${all}`)
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`
  }
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`
}
