import { type CatalogueEntry, eventCatalogue, type JsonSchema, publishedFactSchema } from './catalogue.ts';
import type { ServiceName } from './define-event.ts';

/** The topic that carries every event. */
export const eventsTopic = 'tenure.events';
/** The topic on which others publish facts, and that of copies of those which were not taken. */
export const factsTopic = 'tenure.facts';
export const rejectedFactsTopic = 'tenure.facts.rejected';

/** What every message carries beside its data: a CloudEvent (1.0.2, structured JSON) with the log's own attributes. */
const cloudEvent: JsonSchema = {
  type: 'object',
  description: 'Attributes of CloudEvents 1.0, and those that place the event in the log',
  required: ['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'dataversion', 'stream', 'revision'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', pattern: '^[0-9a-f]{32}$', description: 'Id of the event; the same at every delivery' },
    source: { type: 'string', format: 'uri-reference', description: 'The service that wrote it' },
    subject: { type: 'string', pattern: '^[0-9a-f]{32}$', description: "The customer's id; absent if it has none" },
    time: { type: 'string', format: 'date-time', description: 'When it happened in the world' },
    datacontenttype: { const: 'application/json' },
    dataversion: { type: 'integer', minimum: 1, description: "Version of the type's schema" },
    recordedtime: { type: 'string', format: 'date-time', description: 'When the log took it' },
    stream: { type: 'string', pattern: '^[a-z]+-[0-9a-f]{32}$' },
    revision: { type: 'integer', minimum: 0, description: 'From 0, without gaps within the stream' },
    position: { type: 'string', description: 'Place in the log: opaque, ordered by bytes' },
    actor: { type: 'string', description: 'Who asked for it' },
    commandid: { type: 'string' },
    causationid: { type: 'string' },
    correlationid: { type: 'string' },
    session: { type: 'string', description: 'The import session that it came with' },
    traceparent: { type: 'string', description: 'W3C trace context of the request' },
    sealed: {
      type: 'string',
      contentEncoding: 'base64',
      description: "Personal data, sealed with the customer's key; absent if there is none",
    },
  },
};

/**
 * The AsyncAPI 3.0 document, made from the registry: one topic of events, keyed by the customer's id, else by the stream,
 * with operations named after the services that send; and the topics by which facts come in.
 */
export function asyncApiDocument({ version }: { version: string }): JsonSchema {
  const { events, schemas } = eventCatalogue();
  const published = publishedFactSchema();
  const owners = [...new Set(events.map(({ owner }) => owner))];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Tenure events',
      version,
      description:
        "What happens to customers, in the order of each customer's history. Delivered at least once; the id of an event " +
        'tells repeats. Fields are only ever added; a reader ignores those that it does not know.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: {
      events: {
        address: eventsTopic,
        title: 'All events',
        description: "Keyed by the customer's id, else by the stream; policies go to every partition.",
        messages: Object.fromEntries(events.map(({ type }) => [type, ref('messages', type)])),
        bindings: { kafka: { topic: eventsTopic, bindingVersion: '0.5.0' } },
      },
      facts: factsChannel(factsTopic, 'What others publish', 'Fact'),
      rejectedFacts: factsChannel(rejectedFactsTopic, 'Copies of what was not taken', 'RejectedFact'),
    },
    operations: {
      ...Object.fromEntries(owners.map((owner) => [`${owner}Events`, sendOperation(owner, events)])),
      takeFacts: factsOperation('receive', 'facts', 'Take what others publish'),
      rejectFacts: factsOperation('send', 'rejectedFacts', 'Keep what was not taken, and why'),
    },
    components: {
      messages: { ...Object.fromEntries(events.map((event) => [event.type, message(event)])), ...factMessages },
      schemas: { CloudEvent: cloudEvent, Fact: published.fact, ...published.schemas, ...schemas },
    },
  };
}

const factMessages: JsonSchema = {
  Fact: {
    name: 'Fact',
    title: 'A fact',
    summary: 'The body of a fact with its type, at most 1 MiB; keyed as the publisher likes',
    description:
      'Or a CloudEvent 1.0 in binary mode, whose type names the fact and whose data is its body, or in structured mode ' +
      '(application/cloudevents+json). Taken at least once; the ids of a fact tell repeats.',
    contentType: 'application/json',
    payload: ref('schemas', 'Fact'),
  },
  RejectedFact: {
    name: 'RejectedFact',
    title: 'A message that was not taken',
    summary: 'Key, bytes and headers as they came, with headers that say where from and why',
    headers: {
      type: 'object',
      required: ['tenure-reason', 'tenure-source-topic', 'tenure-source-partition', 'tenure-source-offset'],
      properties: {
        'tenure-reason': { type: 'string', description: 'A problem by RFC 9457 as JSON, without personal data' },
        'tenure-source-topic': { type: 'string' },
        'tenure-source-partition': { type: 'string', pattern: '^[0-9]+$' },
        'tenure-source-offset': { type: 'string', pattern: '^[0-9]+$' },
      },
    },
    contentType: 'application/octet-stream',
  },
};

function factsChannel(topic: string, title: string, name: string): JsonSchema {
  return {
    address: topic,
    title,
    messages: { [name]: ref('messages', name) },
    bindings: { kafka: { topic, bindingVersion: '0.5.0' } },
  };
}

function factsOperation(action: 'send' | 'receive', channel: string, title: string): JsonSchema {
  return { action, channel: { $ref: `#/channels/${channel}` }, title };
}

function sendOperation(owner: ServiceName, events: readonly CatalogueEntry[]): JsonSchema {
  return {
    action: 'send',
    channel: { $ref: '#/channels/events' },
    title: `Events of the ${owner} service`,
    messages: events
      .filter((event) => event.owner === owner)
      .map(({ type }) => ({ $ref: `#/channels/events/messages/${type}` })),
  };
}

function message(event: CatalogueEntry): JsonSchema {
  const { type, version, owner, nature, summary, data } = event;
  return {
    name: type,
    title: `${type}, version ${version}`,
    summary,
    description: describePersonal(event),
    tags: [{ name: nature }, { name: owner }],
    payload: {
      allOf: [
        ref('schemas', 'CloudEvent'),
        {
          type: 'object',
          required: ['data'],
          properties: {
            type: { const: cloudEventType(type) },
            source: { const: `/services/${owner}` },
            dataversion: { const: version },
            data: { ...data, description: summary },
          },
        },
      ],
    },
    bindings: {
      kafka: {
        key: { type: 'string', description: "The customer's id, else the stream" },
        bindingVersion: '0.5.0',
      },
    },
  };
}

/** The `type` of the CloudEvent that carries an event. */
export function cloudEventType(type: string): string {
  return `tenure.${type}`;
}

function describePersonal({ nature, personalFields }: CatalogueEntry): string {
  const kind = `A ${nature}.`;
  if (personalFields.length === 0) return `${kind} It holds no personal data.`;
  return `${kind} Sealed as personal data: ${personalFields.map((pointer) => pointer.slice(1)).join(', ')}.`;
}

function ref(section: 'messages' | 'schemas', name: string): JsonSchema {
  return { $ref: `#/components/${section}/${name}` };
}
