export { type ApiKey, createApiKey, hashApiKey } from './api-keys.ts';
export { type BaseConfig, baseConfig } from './base-config.ts';
export { canonicalJson } from './canonical-json.ts';
export {
  type Clock,
  type ClockDescription,
  createManualClock,
  type ManualClock,
  openClock,
  startingAt,
  systemClock,
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
export { type ConfigEntry, ConfigError, describeConfig, loadConfig, showConfig } from './config.ts';
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
export { answerWrite, writeAnswerJson, writeResponses } from './http/answers.ts';
export { type AsOf, readAsOf, refuseAsOf } from './http/as-of.ts';
export { RouteDeclarationError } from './http/check-routes.ts';
export { errorProblem } from './http/error-problem.ts';
export { type CollectionQuery, defineList, type List, type ListedViews, type ListOptions } from './http/list.ts';
export type { Comparison, ComputedField } from './http/list-filter.ts';
export {
  answerList,
  type ListQuery,
  type ListResponse,
  type ListSource,
  listResponse,
  type Page,
} from './http/lists.ts';
export { createPositionWait } from './http/min-position.ts';
export { type ApiInfo, openApiDocument } from './http/openapi.ts';
export { type Dependency, operationRoutes } from './http/operations.ts';
export { entityTag, type Origin } from './http/origin.ts';
export { Problem, problemBody, rejectionProblem } from './http/problem.ts';
export { type ProblemCode, problemKinds } from './http/problem-codes.ts';
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
export { buildServer, type HttpServer } from './http/server.ts';
export type { ServerLimits, ServerOptions } from './http/server-options.ts';
export { fieldErrors } from './http/validate.ts';
export { IdKeyError, openIdKey } from './id-key.ts';
export { createIds, customerStreams, type Ids, idOfStream, type StreamCategory, streamName } from './ids.ts';
export { policyEvents, policyStream, readPolicies } from './policies.ts';
export { PolicyVersionError } from './process/publish-policies.ts';
export { type RunOptions, runProcess } from './process/run-process.ts';
export { ClockBehindError, type ProcessOptions, type RunningProcess, startProcess } from './process/start-process.ts';
export { type FactContext, type Service, type ServiceContext, serviceRoutes } from './service.ts';
export { createLog, type Log } from './telemetry/log.ts';
export { createMetrics, type HttpMetrics, type Metrics } from './telemetry/metrics.ts';
export { activeTraceparent, inSpan, isTracing } from './telemetry/tracing.ts';
export type { Views } from './views/start-views.ts';
