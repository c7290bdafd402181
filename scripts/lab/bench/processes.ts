/** What Linux counts of a process: seconds of processor time are in hundredths there. */
export interface ProcessTimes {
  readonly name: string;
  readonly parent: number;
  readonly cpuSeconds: number;
  /** Of its children that have ended, and of theirs. */
  readonly endedChildrenCpuSeconds: number;
}

/** Memory of a process. */
export interface ProcessMemory {
  readonly residentBytes: number;
  /** The most that it ever was. */
  readonly peakBytes: number;
}

const TICKS_PER_SECOND = 100;

/** Reads /proc/PID/stat. The name, in parentheses, may hold spaces and parentheses itself. */
export function parseTimes(stat: string): ProcessTimes {
  const end = stat.lastIndexOf(")");
  const fields = stat.slice(end + 2).split(" ");
  // proc(5) counts fields from 1; the third is the first after the name.
  const field = (nth: number) => Number(fields[nth - 3]);
  return {
    name: stat.slice(stat.indexOf("(") + 1, end),
    parent: field(4),
    cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
    endedChildrenCpuSeconds: (field(16) + field(17)) / TICKS_PER_SECOND,
  };
}

/** Reads /proc/PID/status; undefined for a process without memory, which has ended. */
export function parseMemory(status: string): ProcessMemory | undefined {
  const bytes = (name: string) => {
    const [, kilobytes] = status.match(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  };
  const residentBytes = bytes("VmRSS");
  const peakBytes = bytes("VmHWM");
  return residentBytes === undefined || peakBytes === undefined ? undefined : { residentBytes, peakBytes };
}

/** Of a process that there is; undefined when it has ended, and where there is no /proc. */
export function readTimes(pid: number): ProcessTimes | undefined {
  const stat = read(pid, "stat");
  return stat === undefined ? undefined : parseTimes(stat);
}

/** As `readTimes`. */
export function readMemory(pid: number): ProcessMemory | undefined {
  const status = read(pid, "status");
  return status === undefined ? undefined : parseMemory(status);
}

function read(pid: number, file: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch {
    return undefined;
  }
}

/** All processes by their ids; empty where there is no /proc. */
export function readProcesses(): Map<number, ProcessTimes> {
  const processes = new Map<number, ProcessTimes>();
  if (Deno.build.os !== "linux") return processes;
  for (const { name } of Deno.readDirSync("/proc")) {
    const times = /^\d+$/.test(name) ? readTimes(Number(name)) : undefined;
    if (times !== undefined) processes.set(Number(name), times);
  }
  return processes;
}

type Processes = ReadonlyMap<number, ProcessTimes>;

/** The id of the server that a session belongs to; undefined when that is on another machine. */
export function serverOf(backend: number, processes: Processes): number | undefined {
  const session = processes.get(backend);
  const server = session && processes.get(session.parent);
  return session?.name === "postgres" && server?.name === "postgres" ? session.parent : undefined;
}

/** What a process, its children and those that have ended took so far; null when there is no such process. */
export function familyCpuSeconds(pid: number | undefined, processes: Processes): number | null {
  const own = pid === undefined ? undefined : processes.get(pid);
  if (pid === undefined || own === undefined) return null;
  return own.cpuSeconds + own.endedChildrenCpuSeconds + childrenOf(pid, processes);
}

/** What the children of a process took so far, apart from one that lives. */
export function childrenCpuSeconds(
  pid: number,
  processes: Processes,
  { without }: { readonly without: number | undefined },
): number | null {
  const own = processes.get(pid);
  return own === undefined ? null : own.endedChildrenCpuSeconds + childrenOf(pid, processes, without);
}

function childrenOf(parent: number, processes: Processes, without?: number): number {
  let sum = 0;
  for (const [pid, times] of processes) {
    if (times.parent === parent && pid !== without) sum += times.cpuSeconds;
  }
  return sum;
}
