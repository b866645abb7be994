import { configurationPage } from './configuration-page.ts';
import { errorsPage } from './errors-page.ts';
import { metricsPage } from './metrics-page.ts';

/** The pages of `docs/` that come from the code, by file name. */
export function pages(): Readonly<Record<string, string>> {
  return { 'configuration.md': configurationPage(), 'errors.md': errorsPage(), 'metrics.md': metricsPage() };
}
