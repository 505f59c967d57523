/** Block Kit as it comes from the bot: not trusted to have any shape. */
export type Json = Record<string, unknown>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const object = (value: unknown): Json => (isJson(value) ? value : {});
export const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** The words of a text object. */
export const words = (value: unknown): string => text(object(value).text);
