/** A line to a server on this machine that can be cut and mended, at one address. */
export interface BreakableLine {
  readonly port: number;
  /** Ends every connection, and refuses new ones. */
  cut(): void;
  mend(): void;
}

export function openLine(toPort: number): BreakableLine {
  const open = new Set<Deno.Conn>();
  let listener: Deno.Listener | undefined;
  const serve = (port: number): number => {
    const listening = Deno.listen({ hostname: "127.0.0.1", port });
    listener = listening;
    void (async () => {
      for await (const near of listening) {
        const far = await Deno.connect({ hostname: "127.0.0.1", port: toPort });
        for (const end of [near, far]) open.add(end);
        void near.readable.pipeTo(far.writable).catch(() => {});
        void far.readable.pipeTo(near.writable).catch(() => {});
      }
    })();
    return (listening.addr as Deno.NetAddr).port;
  };
  const port = serve(0);
  return {
    port,
    cut() {
      listener?.close();
      listener = undefined;
      for (const end of open) {
        try {
          end.close();
        } catch {
          // Closed already, by its other side.
        }
      }
      open.clear();
    },
    mend: () => void serve(port),
  };
}
