export { traceIdOf } from '@tenure/event-store';
export { type ApiKey, createApiKey } from './api-keys.ts';
export { type BaseConfig, baseConfig } from './base-config.ts';
export { canonicalJson } from './canonical-json.ts';
export {
  type Clock,
  type ClockDescription,
  createManualClock,
  type ManualClock,
} from './clock.ts';
export type { CommandOrigin, CommandRequest, Registration } from './commands/command-request.ts';
export {
  type CommandResult,
  type Commands,
  createCommands,
  handleCommand,
  type SingleCommand,
  singleCommand,
} from './commands/commands.ts';
export { type Step, type StepOptions, stateOf, step } from './commands/step.ts';
export { type ConfigEntry, describeConfig, loadConfig } from './config.ts';
export { kafkaParts } from './engines/bus-access.ts';
export {
  type Engines,
  type EventBusEngine,
  type EventStoreEngine,
  enginesOf,
  type MongoDatabase,
  type ReadStoreEngine,
  type TopicSettings,
} from './engines/engines.ts';
export { type EventStoreDBAccess, eventStoreDBAccess, type ServedLog, serveLog } from './engines/log-access.ts';
export { openReadStore } from './engines/read-store-access.ts';
export { untilAvailable } from './engines/until-available.ts';
export { type ActionRouteOptions, actionRoute, commandIdOf } from './facts/action-route.ts';
export {
  defineFact,
  type Fact,
  type FactOf,
  type FactOrigin,
  factInstant,
  type IntendedFact,
  type NamedCustomer,
  namedCustomer,
} from './facts/fact.ts';
export { type FactRouteOptions, factRoute, factScope } from './facts/fact-route.ts';
export { checkFactType, factObject, invalidFact, maxFactBytes, parseFactJson } from './facts/read-fact.ts';
export { answerWrite, writeAnswerJson, writeResponses } from './http/answers.ts';
export { type AsOf, eventsAsOf, readAsOf } from './http/as-of.ts';

export { type CollectionQuery, defineList, type List, type ListedViews, type ListOptions } from './http/list.ts';
export type { Comparison, ComputedField } from './http/list-filter.ts';
export { listedDocuments } from './http/listed-documents.ts';
export {
  answerList,
  type ListQuery,
  type ListResponse,
  type ListSource,
  listResponse,
  type Page,
} from './http/lists.ts';

export type { ApiInfo } from './http/openapi.ts';
export type { Dependency } from './http/operations.ts';
export { entityTag, type Origin } from './http/origin.ts';
export { Problem, problemBody, rejectionProblem } from './http/problem.ts';
export type { ProblemCode } from './http/problem-codes.ts';
export {
  type Answer,
  defineRoute,
  type Method,
  type RawAnswer,
  type Route,
  type RouteDefinition,
  type RouteLimits,
  type RouteRequest,
} from './http/route.ts';
export type { HttpServer } from './http/server.ts';
export type { ServerLimits, ServerOptions } from './http/server-options.ts';

export { idKeyFile, openIdKey } from './id-key.ts';
export { assertIdKeyOfLog } from './id-key-of-log.ts';
export { createIds, customerStreams, type Ids, idOfStream, type StreamCategory, streamName } from './ids.ts';
export { policyEvents, policyStream, readPolicies } from './policies.ts';
export { type DraftPublication, policyVersions, publishDraft } from './policy-versions.ts';

export { type RunOptions, runProcess } from './process/run-process.ts';
export { type RunUntilSignalOptions, runUntilSignal, type Stoppable } from './process/run-until-signal.ts';
export { type OperationsServerOptions, serveOperations } from './process/serve-operations.ts';
export { type ProcessOptions, type RunningProcess, startProcess } from './process/start-process.ts';
export type { Replay, ReplayOptions, ReplayProgress, Replays } from './replay/replays.ts';
export type { CreateTally, ReplayedCustomer, ReplayTally } from './replay/types.ts';
export { type FactContext, type Service, type ServiceContext, serviceRoutes } from './service.ts';
export { createLog, type Log } from './telemetry/log.ts';
export { createMetrics, type HttpMetrics, type Metrics } from './telemetry/metrics.ts';

export type { Views } from './views/start-views.ts';
