import { startAuditedShop } from './audited-shop.ts';
import { runLine } from './run-line.ts';

/** A command of the page, and what it prints. */
const ANSWER = /```sh audit\n(.*)\n```\n\n```text\n(?:.*\n)*?```/g;
/** Nobody reads them, and some are drawn by chance. */
const ID = /\b[0-9a-f]{8}(?:[0-9a-f]{8,}|(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/g;

/** The page for auditors with what its commands really print. */
export async function auditorsPage(page: string): Promise<string> {
  const shop = await startAuditedShop();
  try {
    const answers: string[] = [];
    for (const [, command = ''] of page.matchAll(ANSWER)) {
      const printed = shown(await runLine(command, shop.url));
      answers.push(`\`\`\`sh audit\n${command}\n\`\`\`\n\n\`\`\`text\n${printed}\n\`\`\``);
    }
    return page.replace(ANSWER, () => answers.shift() ?? '');
  } finally {
    await shop.stop();
  }
}

function shown(printed: string): string {
  const text = printed.startsWith('{') ? JSON.stringify(JSON.parse(printed), null, 1) : printed.trimEnd();
  return text.replace(ID, '…');
}
