/** Text that is put between tags, or into an attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, mark => ENTITIES[mark]!)
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** A coordinate, as short as it may be. */
export function pixels(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** An element; attributes that are undefined are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...content: readonly string[]
): string {
  const words = Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined) return []
    return [` ${key}="${typeof value === 'number' ? pixels(value) : escapeText(value)}"`]
  })
  const opening = `<${name}${words.join('')}`
  return content.length === 0 ? `${opening}/>` : `${opening}>${content.join('')}</${name}>`
}
