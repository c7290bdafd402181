/** A headless Chromium that a test looks at a page with. */

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"] as const;

/** A browser's window, as large as a test wants it. */
export interface Browser extends AsyncDisposable {
  /** Opens a file at a width and height, and in light or dark. */
  open(file: string, look: Look): Promise<void>;
  /** What an expression comes to in the page. */
  evaluate(expression: string): Promise<unknown>;
  press(key: string): Promise<void>;
  /** A PNG of what is to be seen without scrolling. */
  screenshot(): Promise<Uint8Array>;
}

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme?: "light" | "dark";
  /** Pixels of the screen per pixel of the page. Default: 1. */
  readonly scale?: number;
}

/** The first Chromium of this machine; undefined when there is none. */
export async function findChromium(): Promise<string | undefined> {
  for (const name of NAMES) {
    try {
      const { success } = await new Deno.Command(name, {
        args: ["--version"],
        stdout: "null",
        stderr: "null",
      }).output();
      if (success) return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

/** Starts it without a profile, and talks to it by its own protocol. */
export async function startChromium(name: string): Promise<Browser> {
  await using starting = new AsyncDisposableStack();
  const profile = await Deno.makeTempDir({ prefix: "chromium" });
  starting.defer(() => Deno.remove(profile, { recursive: true }).catch(() => {}));
  const process = new Deno.Command(name, {
    args: [
      "--headless",
      // Chromium refuses its sandbox to root, as which CI runs; the page is our own.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--hide-scrollbars",
      "--no-first-run",
      "--disable-background-networking",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  starting.defer(async () => {
    process.kill("SIGKILL");
    await process.status;
    await drained;
  });
  const [heard, rest] = process.stderr.tee();
  // A browser whose pipe is full stands still.
  const drained = rest.pipeTo(new WritableStream());
  const port = await portFrom(heard);
  const targets: { type: string; webSocketDebuggerUrl: string }[] =
    await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  const address = targets.find(({ type }) => type === "page")?.webSocketDebuggerUrl;
  if (address === undefined) throw new Error("Chromium has no page");
  const session = await Session.open(address);
  starting.defer(() => session.close());
  await session.send("Page.enable");
  const resources = starting.move();
  return {
    async open(file, { width, height, scheme = "light", scale = 1 }) {
      const metrics = { width, height, deviceScaleFactor: scale, mobile: width < 600 };
      await session.send("Emulation.setDeviceMetricsOverride", metrics);
      await session.send("Emulation.setEmulatedMedia", {
        features: [{ name: "prefers-color-scheme", value: scheme }],
      });
      const loaded = session.next("Page.loadEventFired");
      await session.send("Page.navigate", { url: new URL(`file://${file}`).href });
      await loaded;
    },
    async evaluate(expression) {
      const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
        expression,
        returnByValue: true,
      }) as { result: { value?: unknown }; exceptionDetails?: unknown };
      if (exceptionDetails !== undefined) {
        throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
      }
      return result.value;
    },
    async press(key) {
      const code = {
        key,
        code: key,
        windowsVirtualKeyCode: key === "Tab" ? 9 : 13,
        ...(key === "Enter" ? { text: "\r" } : {}),
      };
      await session.send("Input.dispatchKeyEvent", { type: "keyDown", ...code });
      await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...code });
    },
    async screenshot() {
      const { data } = await session.send("Page.captureScreenshot", { format: "png" }) as { data: string };
      return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function portFrom(stderr: ReadableStream<Uint8Array>): Promise<string> {
  let said = "";
  for await (
    const text of stderr.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
  ) {
    said += text;
    const port = /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error(`Chromium ended before it listened:\n${said}`);
}

/** One connection of the DevTools protocol. */
class Session {
  #last = 0;
  readonly #answers = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  readonly #events = new Map<string, () => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.onmessage = ({ data }) => {
      const message: { id?: number; method?: string; result?: unknown; error?: { message: string } } = JSON
        .parse(data);
      if (message.id === undefined) return this.#events.get(message.method ?? "")?.();
      const answer = this.#answers.get(message.id);
      this.#answers.delete(message.id);
      if (message.error) answer?.reject(new Error(message.error.message));
      else answer?.resolve(message.result);
    };
    socket.onclose = () => {
      for (const { reject } of this.#answers.values()) reject(new Error("Chromium has gone"));
    };
  }

  static async open(address: string): Promise<Session> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`Chromium does not answer at ${address}`));
    });
    return new Session(socket);
  }

  async send(method: string, params: Record<string, unknown> = {}): Promise<unknown> {
    const id = ++this.#last;
    return await new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  async next(event: string): Promise<void> {
    await new Promise<void>((resolve) => this.#events.set(event, resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.socket.onclose = resolve);
    this.socket.close();
    await closed;
  }
}
