/** The code of a system error, such as ENOENT. Read by its shape: an error may come from another realm, where instanceof fails. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}

export function messageOf(error: unknown): string {
  const message: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : undefined;
  return (typeof message === 'string' ? message : String(error)).trim();
}
