/** Runs one piece of work at a time, in the order of the requests. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the work after everything queued before it. Resolves or rejects with it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => {});
    return done;
  }
}
