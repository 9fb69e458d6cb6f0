import { type CausedEvent, type Correlation, mostRelatedEvents, type RelatedEvent } from '@tenure/contracts';

/**
 * A correlation as a Mermaid graph, top down. Labels hold no more than type, service and instant: ids that clients give
 * may say something about somebody.
 */
export function mermaidOf({ events, roots, truncated }: Correlation): string {
  const byPosition = new Map(events.map((event) => [event.position, event]));
  const lines = ['graph TD'];
  const below = (parent: string, children: readonly CausedEvent[]): void => {
    for (const { position, children: own } of children) {
      const node = `e${lines.length}`;
      lines.push(`  ${node}["${labelOf(byPosition.get(position))}"]`, `  ${parent} --> ${node}`);
      below(node, own);
    }
  };
  for (const { causationId, kind, children } of roots) {
    const node = `r${lines.length}`;
    lines.push(`  ${node}(["${kind === 'timer' ? escaped(causationId) : kind}"])`);
    below(node, children);
  }
  if (truncated) lines.push(`  more["and more: these are the first ${mostRelatedEvents}"]`);
  return `${lines.join('\n')}\n`;
}

function labelOf(event: RelatedEvent | undefined): string {
  if (event === undefined) return '';
  const { type, service, occurredAt } = event;
  return [type, service, occurredAt].map(escaped).join('<br/>');
}

/** Whatever could mean something to Mermaid, by its number. */
function escaped(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9 .:_-]/gu, (character) => `#${character.codePointAt(0)};`);
}
