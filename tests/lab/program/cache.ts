/**
 * Where what is costly to make is kept between runs.
 *
 * Source: XDG Base Directory Specification ($XDG_CACHE_HOME).
 *
 * @module
 */

/** The user's folder for things that can be made again. */
export function cacheFolder(): string {
  return Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") || "/root"}/.cache`;
}

/** Whether a file or folder is there. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
