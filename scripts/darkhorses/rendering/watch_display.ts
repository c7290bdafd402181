import type { Screen } from "../surroundings.ts";
import type { Snapshot } from "../watch_data.ts";
import { renderWatch, watchLine } from "./watch_view.ts";

/** Where snapshots are shown: in a view that replaces itself, or in a line for each change. */
export class WatchDisplay {
  readonly #screen: Screen;
  readonly #json: boolean;
  #last: Snapshot | undefined;
  #lastChange = "";
  #saidLost = false;

  constructor(screen: Screen, json: boolean) {
    this.#screen = screen;
    this.#json = json;
  }

  show(snapshot: Snapshot): void {
    const { live, paint, columns, out } = this.#screen;
    if (this.#saidLost && (this.#json || live === undefined)) this.#say("The connection is back.", "back");
    this.#saidLost = false;
    if (live !== undefined && !this.#json) {
      if (this.#last !== undefined && this.#last.run.run_id !== snapshot.run.run_id) live.done();
      live.draw(renderWatch(snapshot, paint, columns()));
    } else if (changeOf(snapshot) !== this.#lastChange) {
      out(`${this.#json ? JSON.stringify(snapshot) : watchLine(snapshot)}\n`);
    }
    this.#last = snapshot;
    this.#lastChange = changeOf(snapshot);
  }

  lost(reason: string): void {
    const { live, paint, columns } = this.#screen;
    const text = `The connection is lost (${reason}): trying again.`;
    if (live !== undefined && !this.#json && this.#last !== undefined) {
      live.draw(renderWatch(this.#last, paint, columns(), text));
    } else if (!this.#saidLost) this.#say(text, "lost");
    this.#saidLost = true;
  }

  #say(text: string, connection: "lost" | "back"): void {
    this.#screen.out(`${this.#json ? JSON.stringify({ connection, message: text }) : text}\n`);
  }

  /** A sentence beside the view, which stays. */
  message(text: string): void {
    this.done();
    this.#screen.out(`${text}\n`);
  }

  done(): void {
    if (!this.#json) this.#screen.live?.done();
  }
}

function changeOf({ run, feeds, errors }: Snapshot): string {
  return JSON.stringify([
    run.run_id,
    run.state,
    Math.floor(run.percent),
    run.chunks_dead,
    feeds.map((f) => f.chunks_succeeded),
    errors[0],
  ]);
}
