import {
  type CommandResult,
  type Commands,
  checkFactType,
  type Fact,
  type FactOrigin,
  factObject,
  type IntendedFact,
  invalidFact,
  Problem,
  parseFactJson,
  problemBody,
  rejectionProblem,
  type ServiceContext,
  writeAnswerJson,
} from '@tenure/runtime';
import type { Line } from './read-lines.ts';

/** What it takes to handle a batch. */
type BatchContext = Pick<ServiceContext, 'facts'> & { readonly commands: Pick<Commands, 'handleAll'> };

/** Statuses that a line's answer may have. */
const lineStatuses = new Set([400, 409, 413, 422, 503]);

/** The lines of one batch on their way into the log. */
export class BatchLines {
  readonly #context: BatchContext;
  readonly #from: FactOrigin;
  readonly #maxLineBytes: number;
  #read = 0;
  /** Why the rest is refused, once the store has failed. */
  #failure: Problem | undefined;

  constructor(context: BatchContext, from: FactOrigin, maxLineBytes: number) {
    this.#context = context;
    this.#from = from;
    this.#maxLineBytes = maxLineBytes;
  }

  /** Decides lines in bulk. @returns their answers as NDJSON, once all are durable */
  async decide(lines: readonly Line[]): Promise<string> {
    const from = this.#read;
    this.#read += lines.length;
    const intended = lines.map((line) => this.#understand(line));
    const facts = intended.filter((one): one is IntendedFact => !(one instanceof Problem));
    const results = await this.#context.commands.handleAll(facts.map(({ request }) => request));
    let text = '';
    let next = 0;
    for (const [index, one] of intended.entries()) {
      const line = from + index + 1;
      text += one instanceof Problem ? refusal(line, one) : this.#answer(line, one.id, results[next++]);
    }
    return text;
  }

  #understand(line: Line): IntendedFact | Problem {
    if (this.#failure !== undefined) return this.#failure;
    try {
      return this.#accept(this.#parse(line));
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  #parse(line: Line): unknown {
    if (typeof line === 'string') return parseFactJson(line);
    if (line.fault === 'not-utf8') throw new Problem('not-json', 'The line is not UTF-8');
    throw new Problem('too-large', `A line has at most ${this.#maxLineBytes} bytes`);
  }

  #accept(value: unknown): IntendedFact {
    const { type, ...body } = factObject(value) as { readonly type?: unknown };
    return this.#fact(type).accept(body, this.#from);
  }

  #fact(type: unknown): Fact {
    const { facts } = this.#context;
    const known = checkFactType(type, facts.keys());
    const fact = facts.get(known);
    if (fact === undefined) throw invalidFact('/type', `the service that takes a ${known} is not part of this process`);
    return fact;
  }

  #answer(line: number, id: string, result: CommandResult | undefined): string {
    if (result === undefined) throw new Error('a command has no result');
    if (result.status !== 'rejected') {
      const status = result.status === 'accepted' ? 202 : 200;
      const answer = writeAnswerJson(id, result.customerId, result.position);
      return `{"line":${line},"status":${status},${answer.slice(1)}\n`;
    }
    const problem = rejectionProblem(result.rejection);
    if (problem.code === 'store-unavailable') this.#failure ??= problem;
    return refusal(line, problem);
  }
}

function refusal(line: number, problem: Problem): string {
  const error = problemBody(asLineProblem(problem));
  return `${JSON.stringify({ line, status: error.status, error })}\n`;
}

/** What a request of its own would answer otherwise: here what is not there makes the line invalid. */
function asLineProblem(problem: Problem): Problem {
  if (lineStatuses.has(problem.status)) return problem;
  if (problem.status < 500) return new Problem('invalid', problem.message, { errors: problem.errors });
  return new Problem('store-unavailable', problem.message, { cause: problem });
}
