import { walk } from "../../command_line/walk.ts";

/** Bytes of files, as they are and as they travel. */
export interface Weight {
  readonly bytes: number;
  readonly gzipped: number;
}

/** Weighs all files of some folders together. */
export async function weigh(folders: readonly string[]): Promise<Weight> {
  let bytes = 0;
  const files = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async start(controller) {
      for (const folder of folders) {
        for await (const path of walk(folder)) {
          const content = await Deno.readFile(path);
          bytes += content.length;
          controller.enqueue(content);
        }
      }
      controller.close();
    },
  });
  let gzipped = 0;
  for await (const chunk of files.pipeThrough(new CompressionStream("gzip"))) gzipped += chunk.length;
  return { bytes, gzipped };
}
