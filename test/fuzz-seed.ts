import { configureGlobal } from 'fast-check';

/**
 * Property tests begin from one seed, so that a change is judged by itself and not by luck: `DROPLENS_FUZZ_SEED=random` looks further,
 * a number repeats what somebody has found. (`DROPLENS_FUZZ_RUNS` makes more of each.)
 */
const wanted = process.env['DROPLENS_FUZZ_SEED'];
configureGlobal({ seed: wanted === 'random' ? Date.now() & 0x7fffffff : Number(wanted ?? 20_261_121) });
