/** A connection that was broken on purpose, which need not be reported. */
export class BrokenOnPurpose extends Error {
  override name = "BrokenOnPurpose";
}

/** The first half of an answer, after which the connection breaks. */
export function breakOff(response: Response): Response {
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (sent) {
        // Otherwise nothing would be sent yet, and the server would send an error of its own instead.
        await new Promise((resolve) => setTimeout(resolve, 20));
        return controller.error(new BrokenOnPurpose("The answer was broken off"));
      }
      const whole = new Uint8Array(await response.arrayBuffer());
      controller.enqueue(whole.subarray(0, Math.floor(whole.length / 2)));
      sent = true;
    },
  }, { highWaterMark: 0 });
  return new Response(body, { status: response.status, headers: response.headers });
}
