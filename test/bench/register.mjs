import { register } from 'node:module';

// Lets node run the benchmarks from their TypeScript, as Jest runs the tests.
register('./typescript-loader.mjs', import.meta.url);
