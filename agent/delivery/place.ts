/**
 * Where a request goes, as undici's dispatchers take it. What its own `request` does beside that loads all of undici
 * into a bundle. Throws for what is no URL.
 */
export function placeOf(url: string): { readonly origin: string; readonly path: string } {
  const { origin, pathname, search } = new URL(url)
  return { origin, path: `${pathname}${search}` }
}
