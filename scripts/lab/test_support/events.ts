/** Events to be awaited one after another. */
export class Events<T> {
  readonly all: T[] = [];
  #taken = 0;
  #waiting: (() => void)[] = [];

  push(event: T): void {
    this.all.push(event);
    this.#waiting.splice(0).forEach((wake) => wake());
  }

  /** Skips all events so far. */
  forget(): void {
    this.#taken = this.all.length;
  }

  /** The next matching event that is not taken yet. Skips those before it. */
  async next(fits: (event: T) => boolean = () => true, milliseconds = 10_000): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Error(`Nothing of the kind within ${milliseconds} ms; so far: ${JSON.stringify(this.all)}`),
          ),
        milliseconds,
      );
    });
    try {
      for (;;) {
        while (this.#taken < this.all.length) {
          const event = this.all[this.#taken++] as T;
          if (fits(event)) return event;
        }
        await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), late]);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
