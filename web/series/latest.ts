/**
 * Asks one question at a time. A question that comes meanwhile waits, and of those that wait only the newest
 * is asked: a slow server gets no queue, and an old answer never comes after a newer one.
 */
export class Latest<Question> {
  readonly #answer: (question: Question, signal: AbortSignal) => Promise<void>;
  #waiting: { question: Question } | null = null;
  #running: AbortController | null = null;

  /** `answer` deals with its own errors; once its signal is aborted nobody waits for it. */
  constructor(answer: (question: Question, signal: AbortSignal) => Promise<void>) {
    this.#answer = answer;
  }

  /** `drops`: what runs now is of no use any more and is called off. */
  ask(question: Question, drops: boolean): void {
    if (drops) this.stop();
    this.#waiting = { question };
    if (!this.#running) void this.#run(new AbortController());
  }

  stop(): void {
    this.#waiting = null;
    this.#running?.abort();
    this.#running = null;
  }

  async #run(controller: AbortController): Promise<void> {
    this.#running = controller;
    while (this.#waiting && !controller.signal.aborted) {
      const { question } = this.#waiting;
      this.#waiting = null;
      await this.#answer(question, controller.signal);
    }
    if (this.#running === controller) this.#running = null;
  }
}
