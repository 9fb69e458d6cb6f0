import { readFileSync } from 'node:fs';

let page: string | undefined;

/** The page at /docs: reads /openapi.json and shows it. Self-contained: it loads nothing from anywhere else. */
export function docsPage(): string {
  page ??= readFileSync(new URL('./docs-page.html', import.meta.url), 'utf8');
  return page;
}
