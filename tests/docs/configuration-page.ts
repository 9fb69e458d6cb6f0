import { describeConfig } from '@tenure/runtime';
import { standaloneConfig } from '@tenure/standalone';

/** Every variable that the standalone process reads. */
export function configurationPage(): string {
  const rows = describeConfig(standaloneConfig).map(
    ({ name, description, default: value, secret }) =>
      `| \`${name}\` | ${value === null ? '' : `\`${value}\``} | ${escaped(description)}${secret ? ' (secret)' : ''} |`,
  );
  return `# Configuration

By environment variables. All faults are reported at once, by name; secrets are never shown.

| Variable | Default | |
|---|---|---|
${rows.join('\n')}
`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}
