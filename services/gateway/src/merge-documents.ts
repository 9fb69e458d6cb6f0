import { type ApiDocument, type DocumentMethod, type Operation, operationsOf } from './api-document.ts';

/** Names the service that is meant, where several answer the same path. */
export const SERVICE_HEADER = 'Tenure-Service';

/**
 * One document out of those of services, by name: each operation of them all. The first's stay as they are; what several
 * others have takes a header that says which of them is meant. Schemas of one name that differ get their service's name
 * before it.
 */
export function mergeDocuments(documents: ReadonlyMap<string, ApiDocument>): ApiDocument {
  const [first] = documents.values();
  if (first === undefined) throw new RangeError('there is nothing to merge');
  const paths: Record<string, Partial<Record<DocumentMethod, Operation>>> = {};
  const schemas: Record<string, unknown> = {};
  const tags = new Map<string, ApiDocument['tags'][number]>();
  const sharers = new Map<Operation, string[]>();
  for (const [service, given] of documents) {
    const api = withoutClashes(given, service, schemas);
    Object.assign(schemas, api.components.schemas);
    for (const tag of api.tags) tags.set(tag.name, tags.get(tag.name) ?? tag);
    for (const { path, method, operation } of operationsOf(api)) {
      paths[path] ??= {};
      const known = paths[path][method];
      if (known === undefined) {
        paths[path][method] = operation;
        sharers.set(operation, [service]);
      } else {
        sharers.get(known)?.push(service);
      }
    }
  }
  const own = new Set(operationsOf(first).map(({ operation }) => operation));
  for (const [operation, services] of sharers) {
    if (services.length > 1 && !own.has(operation)) {
      operation.parameters = [...operation.parameters, serviceParameter(services)];
    }
  }
  return { ...first, tags: [...tags.values()], paths, components: { ...first.components, schemas } };
}

/** A copy whose schemas can stand beside those that are there. */
function withoutClashes(api: ApiDocument, service: string, taken: Readonly<Record<string, unknown>>): ApiDocument {
  const { schemas } = api.components;
  const clashing = Object.keys(schemas).filter(
    (name) => Object.hasOwn(taken, name) && JSON.stringify(taken[name]) !== JSON.stringify(schemas[name]),
  );
  let text = JSON.stringify(api);
  for (const name of clashing) {
    text = text.replaceAll(`"#/components/schemas/${name}"`, `"#/components/schemas/${ownName(service, name)}"`);
  }
  const copy = JSON.parse(text) as ApiDocument;
  for (const name of clashing) {
    copy.components.schemas[ownName(service, name)] = copy.components.schemas[name];
    delete copy.components.schemas[name];
  }
  // A schema that names one of them differs now, too.
  return clashing.length === 0 ? copy : withoutClashes(copy, service, taken);
}

function ownName(service: string, schema: string): string {
  return `${service.charAt(0).toUpperCase()}${service.slice(1)}${schema}`;
}

function serviceParameter(services: readonly string[]): Operation['parameters'][number] {
  return {
    name: SERVICE_HEADER,
    in: 'header',
    required: true,
    description: 'Which service is asked: each has its own',
    schema: { type: 'string', enum: [...services] },
  };
}
