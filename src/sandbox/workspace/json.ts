/** A JSON object whose shape is not known yet. Everything that comes from outside is read through the helpers below. */
export type Json = Record<string, unknown>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function object(value: unknown): Json {
  return isJson(value) ? value : {};
}

export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** Slack's form-encoded calls carry objects and lists as JSON text; JSON calls carry them as they are. */
export function unpack(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** Slack reads "true", "1", 1 and true alike in form-encoded calls. */
export function truthy(value: unknown): boolean {
  return value === true || value === 1 || value === 'true' || value === '1';
}
