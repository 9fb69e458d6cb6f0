import { z } from 'zod';

const operation = z.looseObject({
  operationId: z.string(),
  tags: z.array(z.string()).default([]),
  security: z.array(z.record(z.string(), z.unknown())).default([]),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).default([]),
});
export type Operation = z.infer<typeof operation>;

const method = z.enum(['get', 'post', 'put', 'patch', 'delete']);
export type DocumentMethod = z.infer<typeof method>;

const document = z.looseObject({
  openapi: z.string().startsWith('3.1.'),
  info: z.looseObject({ title: z.string() }),
  tags: z.array(z.looseObject({ name: z.string() })).default([]),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(method, operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()).default({}) }),
});
/** An OpenAPI document, as far as it has to be understood to stand before the service that wrote it. */
export type ApiDocument = z.infer<typeof document>;

/** @throws {Error} for text that is no OpenAPI document of a service */
export function readDocument(text: string): ApiDocument {
  return document.parse(JSON.parse(text));
}

export interface FoundOperation {
  /** As in the document: `/v1/customers/{id}`. */
  readonly path: string;
  readonly method: DocumentMethod;
  readonly operation: Operation;
}

export function operationsOf({ paths }: ApiDocument): readonly FoundOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, operation]) => ({ path, method: method.parse(name), operation })),
  );
}

/** Whether a service answers without an API key what is not for everyone. */
export function isKeyless(api: ApiDocument): boolean {
  return operationsOf(api).some(({ operation: { security } }) =>
    security.some((alternative) => Object.keys(alternative).length === 0),
  );
}
