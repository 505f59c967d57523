import { catalogue, factsOf, interleaved, loadCatalogue, timeEvaluations } from './policy-catalogue.ts';

/** One evaluation in a catalogue of 1,000 roles with 10 rules each, against one of 10. */
export const bench = {
  name: 'evaluate_growth',
  unit: 'µs',
  goal: 1.5,
  async run(): Promise<{ measured: number; floor: number }> {
    const [large, small] = [loadCatalogue(catalogue(1_000)), loadCatalogue(catalogue(10))];
    const [largeFacts, smallFacts] = [factsOf(large), factsOf(small)];
    timeEvaluations(large, largeFacts, 20_000);
    timeEvaluations(small, smallFacts, 20_000);
    return interleaved(
      31,
      () => timeEvaluations(large, largeFacts, 2_000),
      () => timeEvaluations(small, smallFacts, 2_000),
    );
  },
};
