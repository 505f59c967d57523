export type Labels = { readonly [label: string]: string };

export const RISKS = ['low', 'medium', 'high'] as const;
export type Risk = (typeof RISKS)[number];

export const PROVIDED_FACT_TYPES = ['bool', 'int', 'double', 'string'] as const;
export type ProvidedFactType = (typeof PROVIDED_FACT_TYPES)[number];
