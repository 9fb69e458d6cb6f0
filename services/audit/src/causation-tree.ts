import type { CausedEvent, CorrelationRoot, RelatedEvent } from '@tenure/contracts';

/** A node that is still being filled. */
interface Node extends CausedEvent {
  readonly children: Node[];
}

interface Root extends CorrelationRoot {
  readonly children: Node[];
}

/**
 * Events by what caused them: below an earlier event of theirs, else below a root for the request or timer.
 * @param events in log order, a cause before its effects
 */
export function causationTree(events: readonly RelatedEvent[]): readonly CorrelationRoot[] {
  const nodes = new Map<string, Node>();
  const roots = new Map<string, Root>();
  for (const { eventId, position, type, causationId } of events) {
    const node: Node = { eventId, position, type, children: [] };
    const cause = nodes.get(causationId) ?? rootOf(roots, causationId);
    cause.children.push(node);
    // An event's id is its own within a stream only: the first that has it is the cause.
    if (!nodes.has(eventId)) nodes.set(eventId, node);
  }
  return [...roots.values()];
}

function rootOf(roots: Map<string, Root>, causationId: string): Root {
  const root = roots.get(causationId) ?? { causationId, kind: kindOf(causationId), children: [] };
  roots.set(causationId, root);
  return root;
}

function kindOf(causationId: string): CorrelationRoot['kind'] {
  return causationId.startsWith('timer:') ? 'timer' : 'request';
}
