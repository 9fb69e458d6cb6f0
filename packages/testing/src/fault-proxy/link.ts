import { Socket } from 'node:net';
import { OneWay } from './one-way.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What is wrong just now, the same for all links of a proxy. */
export interface Faults {
  /** For each direction. */
  delayMs: number;
  isBlackHole: boolean;
  /** How many answers are still to be dropped. */
  answersToDrop: number;
}

export interface LinkOptions {
  readonly client: Socket;
  readonly target: Target;
  readonly faults: Faults;
  /** Called for the first bytes of an answer that are dropped. */
  readonly onAnswerDropped: () => void;
  readonly onClosed: (link: Link) => void;
}

/** A client's connection and the one made for it to the target. */
export class Link {
  readonly #options: LinkOptions;
  readonly #client: Socket;
  readonly #server = new Socket({ allowHalfOpen: true });
  readonly #requests: OneWay;
  readonly #answers: OneWay;
  #isConnecting = false;
  #hasAsked = false;
  #isDropping = false;
  #hasLost = false;

  constructor(options: LinkOptions) {
    const { client, faults } = options;
    this.#options = options;
    this.#client = client;
    const held = { delayMs: () => faults.delayMs, isHeld: () => faults.isBlackHole };
    this.#requests = new OneWay({
      ...held,
      from: client,
      to: this.#server,
      mayPass: (bytes) => this.#passRequest(bytes),
    });
    this.#answers = new OneWay({
      ...held,
      from: this.#server,
      to: client,
      mayPass: (bytes) => this.#passAnswer(bytes),
    });
    for (const [one, other] of [
      [client, this.#server],
      [this.#server, client],
    ] as const) {
      one.setNoDelay(true);
      // A reset is passed on as one. So is a target that cannot be reached: the client was accepted already.
      one.on('error', () => reset(other));
      one.on('close', () => {
        if (client.destroyed && this.#server.destroyed) options.onClosed(this);
      });
    }
  }

  /** Whether the client has missed some of what the target said: what follows is of no use to it. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** Starts the link, and passes on what may go after a change of the faults. */
  move(): void {
    if (!this.#isConnecting && !this.#options.faults.isBlackHole) {
      this.#isConnecting = true;
      this.#server.connect(this.#options.target);
    }
    this.#requests.move();
    this.#answers.move();
  }

  endAnswers(): void {
    this.#answers.end();
  }

  endRequests(): void {
    this.#requests.end();
  }

  /** Resets both connections; what was on its way is gone. */
  cut(): void {
    reset(this.#client);
    reset(this.#server);
  }

  #passRequest(bytes: Buffer | undefined): boolean {
    if (bytes !== undefined) {
      this.#hasAsked = true;
      this.#isDropping = false;
    }
    return true;
  }

  #passAnswer(bytes: Buffer | undefined): boolean {
    const { faults, onAnswerDropped } = this.#options;
    const isAnswer = bytes !== undefined && this.#hasAsked && !this.#isDropping;
    if (isAnswer && faults.answersToDrop > 0) {
      faults.answersToDrop -= 1;
      this.#isDropping = true;
      this.#hasLost = true;
      onAnswerDropped();
    }
    // A stream with a hole in it goes nowhere, and neither does its end.
    return !this.#hasLost;
  }
}

/** By RST, which waits for a connection that is being made; quietly where none was begun. */
function reset(socket: Socket): void {
  if (socket.pending && !socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
